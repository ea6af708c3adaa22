/* The clock of the day as a process sees it while somebody keeps setting it: every 50 ms it jumps, by days or by decades, to
   and fro; for a quarter of the time it is right. Loaded in front of the C library. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long jump(void) {
    const char *seed = getenv("CHAOS_DAY");
    struct timespec now;
    if (!seed || syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) != 0)
        return 0;
    unsigned long long n = strtoull(seed, NULL, 10) + 20ULL * now.tv_sec + now.tv_nsec / 50000000;
    n *= 0x9e3779b97f4a7c15ULL;
    n ^= n >> 29;
    n *= 0xbf58476d1ce4e5b9ULL;
    n ^= n >> 32;
    long long far = n & 4 ? 1000000 : 1000000000;
    return n % 4 == 0 ? 0 : (long long)((n >> 16) % (2 * far)) - far;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, id, time);
    if (result == 0 && id == CLOCK_REALTIME)
        time->tv_sec += jump();
    return result;
}
