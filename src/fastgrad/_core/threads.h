/* The parts of one operation, on several threads.

   A. Whoever has work takes part in it; a thread that comes late, or finds none, does nothing: a job never waits for a
      thread that has not begun.
   B. One job at a time. A part of a job, or another thread's job meanwhile, runs its own parts by itself.
   C. Parts are independent of each other, so results do not depend on who runs them. No part touches Python. */
#ifndef FASTGRAD_THREADS_H
#define FASTGRAD_THREADS_H

#include <stdint.h>
#include "loops.h"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* A thread that has done its parts looks out for the next job for so long before it sleeps: to wake one takes some
   50 us. */
#define FG_LOOKOUT 100000 /* ns */

/* Many parts are taken in about so many shares by each thread: of tiny ones, to take one would cost more than to do it. */
#define FG_SHARES 8

static struct {
    pthread_mutex_t lock;
    pthread_cond_t posted, left;
    atomic_int busy;             /* somebody has a job here */
    atomic_long jobs;            /* so far */
    atomic_int threads;          /* but for the caller's */
    int started, asleep;         /* asleep: of those started */
    atomic_int inside;           /* in the job that is posted */
    fg_part part;                /* NULL: no job is posted */
    void *job;
    intptr_t parts, grain;       /* that many are taken at once */
    int lanes;                   /* how many threads may run them, the caller's among them */
    atomic_intptr_t next;
} fg_pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .posted = PTHREAD_COND_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

static int64_t fg_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#if defined(__x86_64__)
#define FG_PAUSE __builtin_ia32_pause();
#else
#define FG_PAUSE
#endif
#define FG_LOOK_OUT(WAITING) \
    for (int64_t until = fg_clock() + FG_LOOKOUT; (WAITING) && fg_clock() < until;) { FG_PAUSE }

static void fg_take_parts(fg_part part, void *job, intptr_t parts, intptr_t grain, int lane) {
    for (intptr_t k; (k = atomic_fetch_add(&fg_pool.next, grain)) < parts;)
        for (intptr_t end = k + grain < parts ? k + grain : parts; k < end; k++) part(job, k, lane);
}

static void *fg_worker(void *number) {
    const int lane = (int)(intptr_t)number;
    long seen;
    pthread_mutex_lock(&fg_pool.lock);
    for (;;) {
        seen = fg_pool.jobs;
        if (fg_pool.part && lane < fg_pool.lanes) {
            const fg_part part = fg_pool.part;
            void *const job = fg_pool.job;
            const intptr_t parts = fg_pool.parts, grain = fg_pool.grain;
            fg_pool.inside++;
            pthread_mutex_unlock(&fg_pool.lock);
            fg_take_parts(part, job, parts, grain, lane);
            pthread_mutex_lock(&fg_pool.lock);
            if (--fg_pool.inside == 0) pthread_cond_signal(&fg_pool.left);
        }
        pthread_mutex_unlock(&fg_pool.lock);
        FG_LOOK_OUT(fg_pool.jobs == seen)
        pthread_mutex_lock(&fg_pool.lock);
        while (fg_pool.jobs == seen) {
            fg_pool.asleep++;
            pthread_cond_wait(&fg_pool.posted, &fg_pool.lock);
            fg_pool.asleep--;
        }
    }
    return NULL;
}

/* After a fork the child has one thread, and whatever the others held. */
static void fg_after_fork(void) {
    pthread_mutex_init(&fg_pool.lock, NULL);
    pthread_cond_init(&fg_pool.posted, NULL);
    pthread_cond_init(&fg_pool.left, NULL);
    fg_pool.busy = 0;
    fg_pool.started = fg_pool.asleep = fg_pool.inside = 0;
    fg_pool.part = NULL;
}

/* With the lock held. Fewer than asked for may be had. Signals are for the threads that were there. */
static void fg_start_threads(void) {
    static int forks;
    sigset_t all, before;
    if (!forks) forks = 1, pthread_atfork(NULL, NULL, fg_after_fork);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; fg_pool.started < fg_pool.threads; fg_pool.started++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, fg_worker, (void *)(intptr_t)(fg_pool.started + 1))) break;
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void fg_run_parts(fg_part part, void *job, intptr_t parts, int lanes) {
    const int most = fg_pool.threads + 1;
    if (lanes > most) lanes = most;
    const intptr_t shares = (intptr_t)FG_SHARES * lanes, grain = parts > shares ? parts / shares : 1;
    if (parts < 2 || lanes < 2 || atomic_exchange(&fg_pool.busy, 1)) {
        for (intptr_t k = 0; k < parts; k++) part(job, k, 0);
        return;
    }
    pthread_mutex_lock(&fg_pool.lock);
    if (fg_pool.started < lanes - 1) fg_start_threads();
    fg_pool.part = part;
    fg_pool.job = job;
    fg_pool.parts = parts;
    fg_pool.grain = grain;
    fg_pool.lanes = lanes;
    atomic_store(&fg_pool.next, 0);
    atomic_fetch_add(&fg_pool.jobs, 1);
    if (fg_pool.asleep) pthread_cond_broadcast(&fg_pool.posted);
    pthread_mutex_unlock(&fg_pool.lock);
    fg_take_parts(part, job, parts, grain, 0);
    pthread_mutex_lock(&fg_pool.lock);
    fg_pool.part = NULL;
    pthread_mutex_unlock(&fg_pool.lock);
    FG_LOOK_OUT(fg_pool.inside)
    pthread_mutex_lock(&fg_pool.lock);
    while (fg_pool.inside) pthread_cond_wait(&fg_pool.left, &fg_pool.lock);
    pthread_mutex_unlock(&fg_pool.lock);
    atomic_store(&fg_pool.busy, 0);
}

/* How many run a job, the caller's thread among them. */
static void fg_set_threads(int threads) {
    pthread_mutex_lock(&fg_pool.lock);
    fg_pool.threads = threads - 1;
    pthread_mutex_unlock(&fg_pool.lock);
}
static int fg_threads(void) { return fg_pool.threads + 1; }
#else
static void fg_run_parts(fg_part part, void *job, intptr_t parts, int lanes) {
    (void)lanes;
    for (intptr_t k = 0; k < parts; k++) part(job, k, 0);
}
static void fg_set_threads(int threads) { (void)threads; }
static int fg_threads(void) { return 1; }
#endif

#endif
