/* SPDX-License-Identifier: Apache-2.0
 * Wall budgets of well-known situations, made by hand: what the scheduler would have measured, and
 * the usage beside it. */
#ifndef HW_TESTS_WALL_SCENES_H
#define HW_TESTS_WALL_SCENES_H

#include "bound/verdict.h"

struct scene {
	struct hw_usage usage;
	struct hw_wall wall;
	uint32_t cpus;
};

#define IN(class, s) [HW_WALL_##class] = (s)

/* A main thread computes; 200 threads of its pool have nothing to do. */
static const struct scene scene_idle_pool = {
	{ .wall_s = 2.5, .user_s = 2.4, .sys_s = 0.05 },
	{ .known = true,
	  .wall_s = 2.5,
	  .seconds = { IN(BUSY, 2.45), IN(DISK, 0.03), IN(LOCK, 0.02) },
	  .width_s = { 0.05, 2.44, 0.01 },
	  .thread_s = { IN(BUSY, 2.46), IN(DISK, 0.03), IN(LOCK, 496) },
	  .switches = 900,
	  .threads = 201,
	  .threads_peak = 201 },
	4,
};

/* A main thread joins the one worker, which computes. */
static const struct scene scene_join = {
	{ .wall_s = 2.5, .user_s = 2.46, .sys_s = 0.03 },
	{ .known = true,
	  .wall_s = 2.5,
	  .seconds = { IN(BUSY, 2.49), IN(LOCK, 0.01) },
	  .width_s = { 0.01, 2.49 },
	  .thread_s = { IN(BUSY, 2.49), IN(LOCK, 2.47) },
	  .switches = 60,
	  .threads = 2,
	  .threads_peak = 2 },
	4,
};

/* Eight threads of Python compute. */
static const struct scene scene_gil = {
	{ .wall_s = 2.5, .user_s = 2.4, .sys_s = 0.03 },
	{ .known = true,
	  .wall_s = 2.5,
	  .seconds = { IN(BUSY, 2.43), IN(STARVED, 0.04), IN(GIL, 0.03) },
	  .width_s = { 0.07, 2.40, 0.03 },
	  .thread_s = { IN(BUSY, 2.46), IN(STARVED, 0.05), IN(GIL, 15.1), IN(LOCK, 2.4) },
	  .switches = 4100,
	  .threads = 9,
	  .threads_peak = 9 },
	4,
};

/* One process computes and writes to a pipe; another waits for that. */
static const struct scene scene_pipe = {
	{ .wall_s = 2.0, .user_s = 1.7, .sys_s = 0.2 },
	{ .known = true,
	  .wall_s = 2.0,
	  .seconds = { IN(BUSY, 1.88), IN(STARVED, 0.03), IN(PIPE, 0.09) },
	  .width_s = { 0.12, 1.86, 0.02 },
	  .thread_s = { IN(BUSY, 1.9), IN(STARVED, 0.03), IN(PIPE, 2.07) },
	  .switches = 1800,
	  .threads = 2,
	  .threads_peak = 2 },
	4,
};

/* A server answers over loopback, to a client outside the session. */
static const struct scene scene_server = {
	{ .wall_s = 5.0,
	  .user_s = 0.4,
	  .sys_s = 0.9,
	  .io_known = true,
	  .voluntary_switches = 60000 },
	{ .known = true,
	  .wall_s = 5.0,
	  .seconds = { IN(BUSY, 1.3), IN(STARVED, 0.15), IN(NETWORK, 3.55) },
	  .width_s = { 3.7, 1.3 },
	  .thread_s = { IN(BUSY, 1.3), IN(STARVED, 0.15), IN(NETWORK, 3.55) },
	  .switches = 60100,
	  .threads = 1,
	  .threads_peak = 1 },
	2,
};

/* Eight threads compute a little under one lock, again and again. */
static const struct scene scene_convoy = {
	{ .wall_s = 2.5, .user_s = 1.5, .sys_s = 0.8, .voluntary_switches = 400000 },
	{ .known = true,
	  .wall_s = 2.5,
	  .seconds = { IN(BUSY, 2.2), IN(STARVED, 0.2), IN(LOCK, 0.1) },
	  .width_s = { 0.3, 2.1, 0.1 },
	  .thread_s = { IN(BUSY, 2.3), IN(STARVED, 0.4), IN(LOCK, 17.3) },
	  .switches = 400000,
	  .threads = 9,
	  .threads_peak = 9 },
	4,
};

/* A program that only computes, in a cgroup that gets a tenth of a CPU too little. */
static const struct scene scene_quota = {
	{ .wall_s = 2.0, .user_s = 1.0, .sys_s = 0.02 },
	{ .known = true,
	  .wall_s = 2.0,
	  .seconds = { IN(BUSY, 1.02), IN(STARVED, 0.98) },
	  .width_s = { 0.98, 1.02 },
	  .thread_s = { IN(BUSY, 1.02), IN(STARVED, 0.98) },
	  .switches = 40,
	  .threads = 1,
	  .threads_peak = 1,
	  .throttled_s = 0.97 },
	2,
};

static inline struct hw_bound_facts facts_of_scene(const struct scene *scene)
{
	struct hw_bound_facts facts;

	hw_bound_facts_init(&facts);
	facts.usage = scene->usage;
	facts.wall = &scene->wall;
	facts.cpus = scene->cpus;
	return facts;
}

#endif
