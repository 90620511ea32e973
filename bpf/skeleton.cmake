# SPDX-License-Identifier: Apache-2.0
# Writes the skeleton to a temporary name and renames it, so that an interrupted
# bpftool never leaves half a header behind.
execute_process(COMMAND ${BPFTOOL} gen skeleton ${OBJECT} name ${NAME}
	OUTPUT_FILE ${OUTPUT}.tmp RESULT_VARIABLE failed)
if(failed)
	file(REMOVE ${OUTPUT}.tmp)
	message(FATAL_ERROR "bpftool could not make ${OUTPUT} from ${OBJECT}")
endif()
file(RENAME ${OUTPUT}.tmp ${OUTPUT})
