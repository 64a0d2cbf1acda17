/* The protocol of design sections 4 and 6, third slice: an order source, the control topic, two buckets, two workers. Claims go
   bucket by bucket. Workers stop, go on and are killed anywhere and lose their sources, transactions are aborted; with LOST_TAIL Redis can
   fall back to an earlier state, once (and nobody is killed, no source changes hands). What one_source.pml has seen to is left out: lost answers, two batches
   in flight, drops.

   The orders: 0, of customer x at 1 (in time's units), with which it begins; 1, of x at 2; 2, of y at 5; 3, of x at 6. Who has not bought for 2 units
   lapses: x at 4, and never at 3. x is in bucket 0, y in bucket 1. A tick {up_to, after} is written when somebody is due at the
   time that the watermarks tell; `after` is the position at which it was taken (design section 4). The functions are named in
   one_source.pml, and here: housekeeping.c housekeep_now(), saver.c saver_advance() and store_notes.c store_notes_write() (marks
   first, then the watermark), control.c control_apply() (a control record goes to all buckets, as a batch of its own), steps.c
   step_customer() (what was due before an order comes first).

   Without LOST_TAIL the lapse comes exactly once. With it the ledger is right, the lapse never comes at a false instant, the
   events of orders come exactly once, and nothing more is promised; these must fail with it:
     NEVER_REPEATED    the lapse does not come twice
     NEVER_MISSING     it comes at last
   Taken out, and spin must find it:
     NO_WAIT           a tick does not wait for the orders before it (scripts/save.lua)
     NO_COMPARE        of the revision (scripts/save.lua)
     NO_REWIND, NO_OUTBOX, COMMIT_BACKWARDS
   REACH fails where all is done. */
#define ORDERS 4
#ifndef TICKS
#define TICKS 1 /* the first that are written */
#endif
#define O 0 /* the order source */
#define T 1 /* the control topic */
#define BUCKET(o) ((o) == 2 -> 1 : 0)
/* x: 0 unknown, 1 with order 0, 2 with order 1, 3 lapsed, 4 with order 3 */
#define LAPSED 3
/* events: bit o for order o; the lapse, carried by order 3, and by ticks */
#define LAPSE_BY_ORDER 16
#define LAPSE_BY_TICK(t) (32 << (t))
#define ENTRIES(o) ((1 << (o)) | ((o) == 3 -> LAPSE_BY_ORDER : 0))

mtype = { idle, take, prove, claim, claim_other, reading, drain };

byte assigned[2];
bool current[2];
byte open[2];
byte committed[2], published; /* published: events of orders, in order */
byte lapses;                  /* published; 2: more than once */
byte ticks, after[TICKS];     /* the control topic */

typedef bucket { byte mark[2] }
typedef redis_state { bucket b[2]; byte x; bit y; byte outbox; byte noted } /* noted: the position in obek:watermarks */
redis_state redis;
#ifdef LOST_TAIL
redis_state earlier;
bool kept, fallen;
#endif

#define REDIS(s, b) ((b) * 2 + (s))
#define EARLIER(s, b) (4 + (b) * 2 + (s))
#define HELD (8 + me)
#define SEEN(s, b) (10 + 4 * me + (b) * 2 + (s))
#define TOKENS 18
#define NEW 19
byte token[TOKENS];
hidden byte number[20], n, i, s, b;

inline renumber() {
    n = 0;
    for (i : 0 .. 19) { number[i] = 0 }
    for (i : 0 .. TOKENS - 1) {
        if
        :: token[i] != 0 && number[token[i]] == 0 -> n++; number[token[i]] = n
        :: else
        fi;
        token[i] = number[token[i]]
    }
    n = 0
}

typedef state {
    mtype pc = idle;
    byte mine;
    byte committed[2], position[2];
    bucket b[2]; /* marks as the last answered calls left them */
    byte outbox;
    byte x;
    bool failed;
    byte job, n_jobs, offset[2]; /* one batch is saved and not committed: their overlap is one_source.pml's */
    byte event;                  /* of the tick that is being lived through */
}
state w[2];
#define I w[me]
hidden byte event;

#define OWN(s) ((I.mine >> (s)) & 1)
#define MINE(s, bb) (token[REDIS(s, bb)] == token[HELD] && redis.b[bb].mark[s] == I.b[bb].mark[s])
#ifdef NO_COMPARE
#define MOVED false
#else
#define MOVED (redis.x != I.x)
#endif
#ifdef NO_WAIT
#define WAITS(bb) false
#else
#define WAITS(bb) (redis.b[bb].mark[O] < after[I.position[T]])
#endif
#ifdef NO_OUTBOX
#define KEEP(e) 0
#else
#define KEEP(e) (e)
#endif
#ifdef COMMIT_BACKWARDS
#define TO_COMMIT(s) I.position[s]
#else
#define TO_COMMIT(s) (I.position[s] < I.committed[s] -> I.committed[s] : I.position[s])
#endif
#define PUBLISHES(s) (I.position[s] >= I.committed[s])

/* order `position` on x as it is cached: the event, and what x becomes */
inline step_order() {
    event = ENTRIES(I.position[O]) & 15;
    if
    :: I.position[O] == 3 && I.x != LAPSED -> event = event | LAPSE_BY_ORDER
    :: else
    fi
}
inline apply_order() {
    if
    :: I.position[O] == 2 -> assert(!redis.y); redis.y = 1
    :: I.position[O] == 3 -> assert(I.x == 2 || I.x == LAPSED); redis.x = 4
    :: I.position[O] < 2 -> assert(I.x == I.position[O]); redis.x = I.x + 1
    fi
}
inline save_order() {
    step_order();
    apply_order();
    if :: PUBLISHES(O) -> redis.outbox = redis.outbox | KEEP(event) :: else fi;
    redis.b[BUCKET(I.position[O])].mark[O] = I.position[O] + 1
}

inline submit(s1) {
    if
    :: !I.failed ->
        I.job = (PUBLISHES(s1) -> event : 0);
        I.position[s1] = I.position[s1] + 1;
        for (s : 0 .. 1) { I.offset[s] = (OWN(s) -> TO_COMMIT(s) : 0) }
        I.n_jobs = 1
    :: else -> I.position[s1] = I.position[s1] + 1
    fi;
    for (s : 0 .. 1) { if :: I.position[s] >= I.committed[s] -> I.committed[s] = 0 :: else fi }
    event = 0
}
inline accept_order() {
    step_order();
    if
    :: I.position[O] < 2 -> I.x = I.position[O] + 1
    :: I.position[O] == 3 -> I.x = 4
    :: else
    fi;
    I.b[BUCKET(I.position[O])].mark[O] = I.position[O] + 1;
    I.outbox = I.outbox & ~ENTRIES(I.position[O]);
    submit(O)
}

/* a tick in bucket 0, where x is; up_to is 5 or 6 */
#define LAPSES (I.x == 1 || I.x == 2)
inline save_tick() {
    if
    :: LAPSES ->
        assert(I.x == 2); /* with order 0 alone it would be at 3 */
        redis.x = LAPSED;
        if :: PUBLISHES(T) -> redis.outbox = redis.outbox | KEEP(LAPSE_BY_TICK(I.position[T])) :: else fi
    :: else
    fi;
    redis.b[0].mark[T] = I.position[T] + 1
}
inline accept_tick() {
    if
    :: LAPSES -> I.x = LAPSED; I.event = LAPSE_BY_TICK(I.position[T])
    :: else
    fi;
    I.b[0].mark[T] = I.position[T] + 1
}

inline commit() {
    for (i : 0 .. ORDERS - 1) {
        if :: (I.job >> i) & 1 -> assert(published == i); published++ :: else fi
    }
    if
    :: I.job & (LAPSE_BY_ORDER | LAPSE_BY_TICK(0) | LAPSE_BY_TICK(1)) ->
#if !defined(LOST_TAIL) || defined(NEVER_REPEATED)
        assert(lapses == 0);
#endif
        lapses = (lapses < 2 -> lapses + 1 : 2)
    :: else
    fi;
    for (s : 0 .. 1) {
        if
        :: (open[me] >> s) & 1 ->
            committed[s] = I.offset[s]
        :: else
        fi
    }
    clear_job();
    open[me] = 0
}
inline clear_job() { I.job = 0; I.offset[0] = 0; I.offset[1] = 0; I.n_jobs = 0 }
inline abort() {
    open[me] = 0;
    I.failed = I.n_jobs > 0 && I.pc != drain;
    clear_job()
}

inline let_go() {
    for (s : 0 .. 1) {
        I.committed[s] = 0; I.position[s] = 0;
        I.b[0].mark[s] = 0; I.b[1].mark[s] = 0; token[SEEN(s, 0)] = 0; token[SEEN(s, 1)] = 0
    }
    I.outbox = 0; I.x = 0; I.failed = false; I.event = 0; token[HELD] = 0;
    renumber()
}

/* scripts/claim.lua in one bucket: mark and outbox of all sources that are taken over */
inline claim_bucket(bb) {
    for (s : 0 .. 1) {
        token[SEEN(s, bb)] = 0;
        if :: OWN(s) -> token[REDIS(s, bb)] = token[HELD]; I.b[bb].mark[s] = redis.b[bb].mark[s] :: else fi
    }
    I.outbox = I.outbox | (redis.outbox & (bb == 0 -> 255 - 4 : 4)) & ((OWN(O) -> 31 : 0) | (OWN(T) -> 96 : 0))
}
inline start() {
    for (s : 0 .. 1) {
        I.position[s] = I.committed[s];
#ifndef NO_REWIND
        for (b : 0 .. 1) { if :: OWN(s) && I.b[b].mark[s] < I.position[s] -> I.position[s] = I.b[b].mark[s] :: else fi }
#endif
    }
    for (i : 0 .. ORDERS - 1) { if :: i < I.committed[O] -> I.outbox = I.outbox & ~ENTRIES(i) :: else fi }
    for (i : 0 .. TICKS - 1) { if :: i < I.committed[T] -> I.outbox = I.outbox & ~LAPSE_BY_TICK(i) :: else fi }
    for (s : 0 .. 1) { if :: I.position[s] == I.committed[s] -> I.committed[s] = 0 :: else fi }
    I.x = redis.x /* loaded now, so as old as can be: saver.c load_missing() */
}
#define SAME(s, bb) (!OWN(s) || (redis.b[bb].mark[s] == I.b[bb].mark[s] && token[REDIS(s, bb)] == token[HELD]))
#define UNCHANGED (SAME(O, 0) && SAME(O, 1) && SAME(T, 0) && SAME(T, 1))
#define AS_SEEN(s, bb) (!OWN(s) || token[REDIS(s, bb)] == token[SEEN(s, bb)])
#define OFFERED ((assigned[0] == me -> 1 : 0) | (assigned[1] == me -> 2 : 0))
#define READING (I.pc == reading && !I.failed)

#define NEXT_ORDER (READING && OWN(O) && I.n_jobs == 0 && I.position[O] < ORDERS)
#define ORDER_APPLIES (I.position[O] >= I.b[BUCKET(I.position[O])].mark[O])
#define ORDER_MOVED (I.position[O] != 2 && MOVED)
#define IN_BUCKET BUCKET(I.position[O])
#define NEXT_TICK (READING && OWN(T) && I.position[T] < ticks)
#define TICK_APPLIES(bb) (I.b[bb].mark[T] <= I.position[T])

proctype worker(bit me) {
    do
    :: d_step { I.pc == idle && OFFERED != 0 -> current[me] = true; I.mine = OFFERED; I.pc = take }

    /* assignment.c */
    :: d_step { I.pc == take && !(open[1 - me] & I.mine) ->
        open[me] = 0;
        for (s : 0 .. 1) { I.committed[s] = (OWN(s) -> committed[s] : 0) }
        for (s : 0 .. 1) { for (b : 0 .. 1) { token[SEEN(s, b)] = (OWN(s) -> token[REDIS(s, b)] : 0) } }
        I.pc = prove }
    :: d_step { I.pc == prove && current[me] ->
        for (s : 0 .. 1) { if :: OWN(s) -> committed[s] = I.committed[s] :: else fi }
        I.pc = claim }
    :: d_step { I.pc == prove && !current[me] -> let_go(); I.mine = 0; I.pc = idle }
    :: d_step { I.pc == claim && AS_SEEN(O, 0) && AS_SEEN(T, 0) ->
        token[HELD] = NEW; claim_bucket(0); renumber(); I.pc = claim_other }
    :: d_step { I.pc == claim_other && AS_SEEN(O, 1) && AS_SEEN(T, 1) -> claim_bucket(1); renumber(); start(); I.pc = reading }
    :: d_step { I.pc == claim && !(AS_SEEN(O, 0) && AS_SEEN(T, 0)) -> let_go(); I.pc = take }
    :: d_step { I.pc == claim_other && !(AS_SEEN(O, 1) && AS_SEEN(T, 1)) -> let_go(); I.pc = take }

    /* an order, as a batch */
    :: d_step { NEXT_ORDER && !ORDER_APPLIES ->
        event = I.outbox & ENTRIES(I.position[O]);
        I.outbox = I.outbox & ~ENTRIES(I.position[O]);
        submit(O) }
    :: d_step { NEXT_ORDER && ORDER_APPLIES && MINE(O, IN_BUCKET) && !ORDER_MOVED -> save_order(); accept_order() }
    :: d_step { NEXT_ORDER && ORDER_APPLIES && MINE(O, IN_BUCKET) && ORDER_MOVED -> I.x = redis.x }
    :: d_step { NEXT_ORDER && ORDER_APPLIES && !(MINE(O, IN_BUCKET)) -> let_go(); I.pc = drain }

    /* housekeeping.c housekeep_now(): marks of all buckets, then what the writer of ticks goes by */
    :: d_step { READING && OWN(O) && I.b[0].mark[O] < I.position[O] && MINE(O, 0) ->
        redis.b[0].mark[O] = I.position[O]; I.b[0].mark[O] = I.position[O] }
    :: d_step { READING && OWN(O) && I.b[1].mark[O] < I.position[O] && MINE(O, 1) ->
        redis.b[1].mark[O] = I.position[O]; I.b[1].mark[O] = I.position[O] }
    :: d_step { READING && OWN(O) && I.position[O] >= 3 && I.b[0].mark[O] >= I.position[O] && I.b[1].mark[O] >= I.position[O] &&
                redis.noted != I.position[O] -> redis.noted = I.position[O] }

    /* the writer of ticks: somebody is due at the time reached, and the control topic is saved to its end. Its transaction sends
       offsets, too, so the group refuses it to other generations */
    :: d_step { READING && OWN(T) && current[me] && I.position[T] == ticks && ticks < TICKS && redis.noted >= 3 &&
                (redis.x == 1 || redis.x == 2) -> after[ticks] = redis.noted; ticks++ }
    /* a tick in each bucket; where it must wait it is tried again, and orders go on */
    :: d_step { NEXT_TICK && TICK_APPLIES(0) && MINE(T, 0) && !WAITS(0) && !MOVED -> save_tick(); accept_tick() }
    :: d_step { NEXT_TICK && TICK_APPLIES(0) && MINE(T, 0) && !WAITS(0) && MOVED -> I.x = redis.x }
    :: d_step { NEXT_TICK && TICK_APPLIES(1) && MINE(T, 1) && !WAITS(1) ->
        redis.b[1].mark[T] = I.position[T] + 1; I.b[1].mark[T] = I.position[T] + 1 }
    :: d_step { NEXT_TICK && !TICK_APPLIES(0) && !TICK_APPLIES(1) && I.n_jobs == 0 ->
        event = I.event | (I.outbox & LAPSE_BY_TICK(I.position[T]));
        I.outbox = I.outbox & ~LAPSE_BY_TICK(I.position[T]);
        I.event = 0;
        submit(T) }

    /* publisher.c */
    :: d_step { I.n_jobs > 0 && open[me] == 0 && current[me] -> open[me] = I.mine }
    :: d_step { I.n_jobs > 0 && open[me] == 0 && !current[me] -> abort() }
    :: d_step { I.n_jobs > 0 && open[me] != 0 -> commit() }
    :: d_step { open[me] != 0 -> abort() }

    /* pipeline.c, housekeeping.c */
    :: d_step { I.pc == reading && I.failed -> let_go(); I.pc = take }
    :: d_step { I.pc == reading && !current[me] -> let_go(); I.pc = drain }
    :: d_step { READING && !UNCHANGED -> let_go(); I.pc = drain }
    :: d_step { I.pc == drain && I.n_jobs == 0 ->
        if :: current[me] -> current[0] = false; current[1] = false :: else fi;
        I.mine = 0;
        I.pc = idle }
#ifndef LOST_TAIL
    :: d_step { I.pc != idle -> current[me] = false; let_go(); clear_job(); I.mine = 0; I.pc = idle }
#endif
    od
}

#define AT_END(s, end) (redis.b[0].mark[s] == end && redis.b[1].mark[s] == end && committed[s] == end)

#ifdef LOST_TAIL
#define OVER (!current[0] && !current[1])
#else
#define OVER true
#endif

active proctype world() {
    atomic {
        redis.b[0].mark[O] = 1;
        redis.b[1].mark[O] = 1;
        redis.x = 1;
        committed[O] = 1;
        published = 1;
#ifdef LOST_TAIL
        assigned[T] = 1;
#endif
        run worker(0);
        run worker(1)
    };
    do
    /* a generation: the first has both sources at one worker, all others one at each; how they wander is two_sources.pml's.
       With LOST_TAIL each source stays where it is, and nobody is killed: zombies and a lost tail are one_source.pml's. */
    :: d_step { OVER -> current[0] = false; current[1] = false; assigned[T] = 1 }
#ifdef LOST_TAIL
    /* once */
    :: d_step { !fallen && !kept -> kept = true;
        for (b : 0 .. 1) { for (s : 0 .. 1) {
            earlier.b[b].mark[s] = redis.b[b].mark[s]; token[EARLIER(s, b)] = token[REDIS(s, b)] } }
        earlier.x = redis.x; earlier.y = redis.y; earlier.outbox = redis.outbox; earlier.noted = redis.noted;
        renumber() }
    :: d_step { kept -> kept = false; fallen = true;
        for (b : 0 .. 1) { for (s : 0 .. 1) {
            redis.b[b].mark[s] = earlier.b[b].mark[s]; token[REDIS(s, b)] = token[EARLIER(s, b)];
            earlier.b[b].mark[s] = 0; token[EARLIER(s, b)] = 0 } }
        redis.x = earlier.x; redis.y = earlier.y; redis.outbox = earlier.outbox; redis.noted = earlier.noted;
        earlier.x = 0; earlier.y = 0; earlier.outbox = 0; earlier.noted = 0;
        renumber() }
#endif
    :: d_step { AT_END(O, ORDERS) && AT_END(T, ticks) && open[0] == 0 && open[1] == 0 ->
#ifdef REACH
        assert(ticks == 0);
#endif
#if !defined(LOST_TAIL) || defined(NEVER_MISSING)
        assert(lapses > 0);
#endif
        assert(redis.x == 4 && redis.y && published == ORDERS) }
    od
}
