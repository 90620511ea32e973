/* SPDX-License-Identifier: Apache-2.0
 * A text in the form of /proc/PID/maps. */
#include "fuzz.h"

#include "proc/maps.h"

static void check_order(struct hw_maps *maps)
{
	for (size_t i = 0; i < hw_maps_count(maps); i++) {
		struct hw_map *map = hw_maps_at(maps, i);

		fuzz_check(map->start < map->end && map->path);
		fuzz_check(!i || hw_maps_at(maps, i - 1)->end <= map->start);
		fuzz_check(hw_maps_find(maps, map->start) == map);
		fuzz_check(hw_maps_find(maps, map->end - 1) == map);
	}
}

/* Maps something over half of each mapping. */
static void map_over(struct hw_maps *maps)
{
	hw_auto(hw_maps_free) struct hw_maps *copy = hw_maps_clone(maps);

	for (size_t i = 0; copy && i < hw_maps_count(maps); i++) {
		struct hw_map map = *hw_maps_at(maps, i);

		map.start += (map.end - map.start) / 2;
		map.path = (char *)"over";
		hw_maps_add(copy, &map);
	}
	if (copy)
		check_order(copy);
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
