/* SPDX-License-Identifier: Apache-2.0
 * The commands. Each is a file cmd_<name>.c that parses, calls lib/ and prints errors; the table
 * in hwprof.c is the only list of them. */
#ifndef HW_CMD_CMD_H
#define HW_CMD_CMD_H

#include "base/exit.h"

/* Runs with argv[0] = "hwprof NAME"; returns the exit status of the process. */
int cmd_stat(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_boundness(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
