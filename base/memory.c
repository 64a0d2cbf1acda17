#include "obek/memory.h"
#include "obek/buffer.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

/* The number that follows the label in a file; SIZE_MAX without one ("max" is what a control group says). */
static size_t read_number(const char *path, const char *format) {
    char line[256];
    size_t number = SIZE_MAX;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return SIZE_MAX;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, format, &number) == 1)
            break;
    fclose(file);
    return number;
}

size_t memory_available(void) {
    size_t kib = read_number("/proc/meminfo", "MemAvailable: %zu kB");
    size_t limit = read_number("/sys/fs/cgroup/memory.max", "%zu"), used = read_number("/sys/fs/cgroup/memory.current", "%zu");
    size_t available = kib == SIZE_MAX ? SIZE_MAX : kib * 1024;
    if (limit == SIZE_MAX || used == SIZE_MAX)
        return available;
    size_t left = limit > used ? limit - used : 0;
    return left < available ? left : available;
}

void *memory_large(size_t bytes) {
    size_t whole = (bytes + LARGE_PAGE) / LARGE_PAGE * LARGE_PAGE;
    void *memory = aligned_alloc(LARGE_PAGE, whole);
    if (memory == NULL)
        return xmalloc(bytes);             /* says that there is none, and ends */
    madvise(memory, whole, MADV_HUGEPAGE); /* a hint: without it things are slower, not wrong */
    return memory;
}
