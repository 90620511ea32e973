/* SPDX-License-Identifier: Apache-2.0
 * A text in the form of /proc/PID/maps, and what it says laid out as mappings. */
#include "fuzz.h"

#include "proc/maps.h"
#include "target/mappings.h"

static void check_order(const struct hw_maps *maps)
{
	for (size_t i = 0; i < hw_maps_count(maps); i++) {
		const struct hw_map *map = hw_maps_at(maps, i);

		fuzz_check(map->start < map->end && map->path);
		fuzz_check(!i || hw_maps_at(maps, i - 1)->end <= map->start);
		fuzz_check(hw_maps_find(maps, map->start) == map);
		fuzz_check(hw_maps_find(maps, map->end - 1) == map);
	}
}

/* Lays them out as versions, and something over half of each, with all versions held. */
static void map_over(const struct hw_maps *maps)
{
	struct hw_mappings *m = hw_mappings_new(), *before = NULL;

	for (size_t i = 0; m && i < 2 * hw_maps_count(maps); i++) {
		struct hw_map map = *hw_maps_at(maps, i / 2);

		if (i % 2) {
			map.start += (map.end - map.start) / 2;
			map.path = (char *)"over";
		}
		hw_mappings_unref(before);
		before = hw_mappings_ref(m);
		hw_mappings_add(&m, &map, NULL, i);
	}
	for (size_t i = 0; m && i < hw_mappings_count(m); i++) {
		const struct hw_vma *vma = hw_mappings_at(m, i);

		fuzz_check(vma->start < vma->end && vma->what->refs);
		fuzz_check(!i || hw_mappings_at(m, i - 1)->end <= vma->start);
		fuzz_check(hw_mappings_find(m, vma->start) == vma);
		fuzz_check(hw_mappings_find(m, vma->end - 1) == vma);
	}
	hw_mappings_unref(before);
	hw_mappings_unref(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	hw_autofclose FILE *f = size ? fmemopen((void *)(uintptr_t)bytes, size, "r") : NULL;

	if (!f || hw_maps_parse(f, &maps) < 0)
		return 0;
	check_order(maps);
	map_over(maps);
	return 0;
}
