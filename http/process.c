/* The process's own numbers, from /proc; what cannot be read there is left out. */
#include "metrics_text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void append(struct buffer *out, const char *name, const char *type, const char *help, double value) {
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

static void append_cpu(struct buffer *out) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    append(out, "process_cpu_seconds_total", "counter", "User and system CPU time.",
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

/* proc_pid_stat(5), field 22: in ticks since the machine was booted. The fields behind the name, which may hold blanks. */
static bool read_start_ticks(unsigned long long *ticks) {
    char text[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    size_t n = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    if (file != NULL)
        fclose(file);
    text[n] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at != NULL)
        *ticks = strtoull(at, NULL, 10);
    return at != NULL && *ticks > 0;
}

static bool read_boot_time(unsigned long long *seconds) {
    char line[256];
    FILE *file = fopen("/proc/stat", "re");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "btime ", 6) == 0) {
            *seconds = strtoull(line + 6, NULL, 10);
            found = true;
        }
    if (file != NULL)
        fclose(file);
    return found;
}

static void append_start(struct buffer *out) {
    unsigned long long ticks, boot;
    if (read_start_ticks(&ticks) && read_boot_time(&boot))
        append(out, "process_start_time_seconds", "gauge", "When the process was started, since 1970.",
               (double)boot + (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

static void append_memory(struct buffer *out) {
    unsigned long long pages, resident;
    FILE *file = fopen("/proc/self/statm", "re");
    char text[128];
    char *end = file == NULL ? NULL : fgets(text, sizeof text, file);
    if (file != NULL)
        fclose(file);
    if (end == NULL)
        return;
    pages = strtoull(text, &end, 10);
    resident = strtoull(end, NULL, 10);
    double page = (double)sysconf(_SC_PAGESIZE);
    append(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", (double)pages * page);
    append(out, "process_resident_memory_bytes", "gauge", "Resident memory.", (double)resident * page);
}

static void append_files(struct buffer *out) {
    struct rlimit limit;
    DIR *folder = opendir("/proc/self/fd");
    if (folder != NULL) {
        int n = -3; /* ".", "..", and the folder's own */
        while (readdir(folder) != NULL)
            n++;
        closedir(folder);
        append(out, "process_open_fds", "gauge", "Open files and sockets.", n);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        append(out, "process_max_fds", "gauge", "How many there may be.", (double)limit.rlim_cur);
}

void process_text(struct buffer *out) {
    append_cpu(out);
    append_memory(out);
    append_start(out);
    append_files(out);
}
