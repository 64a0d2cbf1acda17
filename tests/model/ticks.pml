/* The protocol of design sections 4 and 6, third slice: an order source, the control topic, two buckets, two workers. Claims go
   bucket by bucket. Workers stop, go on and are killed anywhere, the control topic changes hands, transactions are aborted. What
   one_source.pml has seen to is left out: lost answers, two batches in flight, drops. So are walks after a new model (walk.c),
   imports and erasures (ledgers.c): they reach customers as ticks do, and never wait.

   The orders: 0, of customer x at 1 (in time's units); 1, of x at 2; 2, of y at 5; 3, of x at 6. Who has not bought for 2 units
   lapses: x at 4, and never at 3; z, of whom no order comes any more, at 4. x is in bucket 0, y and z are in bucket 1. A tick tells
   that time has come to 5 or 6, and `after` is the position where that was so (control_record.h struct tick).

   The functions are named at each step; those of the assignment and the publisher in one_source.pml. By default order 0 is through,
   and the owner of the control topic writes the tick. With
     WAITING           nothing is through, and somebody else writes the tick (clock = manual) at any time, so also before the orders
                       that it comes after
     LOST_TAIL         Redis falls back to an earlier state, once; nobody is killed (KILLS: somebody is), no source changes hands
   Without LOST_TAIL each lapse comes exactly once. With it the ledgers are right, a lapse never comes at a false instant, the
   events of orders come exactly once, and so does a lapse, unless it was among the lost seconds; these must fail with it:
     NEVER_REPEATED    no lapse comes twice
     NEVER_MISSING     each comes at last
   Taken out, and spin must find it:
     NO_WAIT           a tick does not wait for the orders before it (scripts/save.lua "wait")
     EARLY_AFTER       `after` is read before what the time reached is taken from (time_view.c time_view_look())
     UNNOTED           the index is read before the orders are there (ticks.c orders_have_come())
     NO_KEEP           what is saved of a tick that waits is forgotten (ticks.c keep_saved())
     PASSED_OVER       a tick that waits is not put back: offsets behind it are committed (intake.c intake_put_back())
     NO_COMPARE        of the revision (scripts/save.lua "moved")
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
/* sets of events: of order o; the lapse of x, carried by order 3, or by tick t; the lapse of z */
#if TICKS == 1
#define SET byte
#else
#define SET short
#endif
#define ORDER_EVENT(o) (1 << (o))
#define LAPSE_BY_ORDER 16
#define LAPSE_BY_TICK(t) (32 << (2 * (t)))
#define Z_LAPSE_BY_TICK(t) (64 << (2 * (t)))
#define OF_ORDERS 31
#define OF_TICKS 480
#define OF_BUCKET(b) ((b) == 0 -> 187 : 324)
#define ENTRIES(o) (ORDER_EVENT(o) | ((o) == 3 -> LAPSE_BY_ORDER : 0))
#define TICK_ENTRIES(t) (LAPSE_BY_TICK(t) | Z_LAPSE_BY_TICK(t))

mtype = { idle, take, prove, claim, claim_other, reading, save, advance, drain };

byte assigned[2];
bool current[2];
byte open[2];
byte committed[2], published; /* published: events of orders, in order */
byte lapses, z_lapses;        /* published; 2: more than once */
byte ticks, after[TICKS];     /* the control topic */

typedef bucket { byte mark[2] }
typedef redis_state { bucket b[2]; byte x; bit y, z; SET outbox; byte noted } /* noted: the position in obek:watermarks */
redis_state redis;
#ifdef LOST_TAIL
redis_state earlier;
bool kept, fallen;
bool lost, z_lost; /* the lapse was among the lost seconds */
#define FALLEN fallen
#else
#define lost false
#define z_lost false
#define FALLEN false
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
    SET outbox;
    byte x; /* as it is cached */
    bool failed;
    bool busy; /* a batch is saved and not committed: the overlap of two is one_source.pml's */
    SET job; byte offset[2];
    byte writes; /* the batch is a tick to be written, with this `after` */
    SET event;  /* of the tick that is being lived through, or waits */
    byte todo;  /* buckets with a call under way */
    bool waits; /* one of them has answered "wait" */
}
state w[2];
#define I w[me]
hidden SET event;

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
#ifdef EARLY_AFTER
#define AFTER 1 /* as it was before order 1 */
#else
#define AFTER redis.noted
#endif

/* intake.c intake_note_ends(), pipeline.c pipeline_submit() */
inline hand_over(events) {
    if
    :: !I.failed ->
        I.job = events;
        for (s : 0 .. 1) { I.offset[s] = (OWN(s) -> TO_COMMIT(s) : 0) }
        I.busy = true
    :: else
    fi
}
inline submit(s1, events) {
    event = (PUBLISHES(s1) -> events : 0);
    I.position[s1] = I.position[s1] + 1;
    hand_over(event);
    for (s : 0 .. 1) { if :: I.position[s] >= I.committed[s] -> I.committed[s] = 0 :: else fi }
    event = 0
}

/* ---- orders ---- */

/* steps.c step_customer(): order `position` on x as it is cached; what was due before it comes first */
#define EVENT_OF_ORDER \
    (ORDER_EVENT(I.position[O]) | (I.position[O] == 3 && I.x != LAPSED -> LAPSE_BY_ORDER : 0))
/* scripts/save.lua, then saver.c accept_call() */
inline save_order() {
    event = EVENT_OF_ORDER;
    if
    :: I.position[O] == 2 -> assert(!redis.y); redis.y = 1
    :: I.position[O] == 3 -> assert(I.x == 2 || I.x == LAPSED); redis.x = 4; I.x = 4
    :: else -> assert(I.x == I.position[O]); redis.x = I.x + 1; I.x = I.x + 1
    fi;
    if :: PUBLISHES(O) -> redis.outbox = redis.outbox | KEEP(event) :: else fi;
    redis.b[BUCKET(I.position[O])].mark[O] = I.position[O] + 1;
    I.b[BUCKET(I.position[O])].mark[O] = I.position[O] + 1;
    I.outbox = I.outbox & ~ENTRIES(I.position[O]);
    submit(O, event)
}

/* ---- ticks ---- */

#define NEXT_TICK (READING && !I.busy && OWN(T) && I.position[T] < ticks)
#define OPEN(bb) (I.b[bb].mark[T] <= I.position[T])
#define PENDING(bb) ((I.todo >> (bb)) & 1)
#define DUE(x) ((x) == 1 || (x) == 2)

/* ticks.c orders_have_come() */
#ifdef UNNOTED
#define NOTED true
#else
#define NOTED (redis.noted >= after[I.position[T]])
#endif
/* ticks.c reach_customers(): whom the index has; store_due.c store_due_read() */
inline reach() {
    I.todo = (OPEN(0) && DUE(redis.x) -> 1 : 0) | (OPEN(1) && !redis.z -> 2 : 0);
    I.event = I.event | (I.outbox & TICK_ENTRIES(I.position[T])); /* batch.c batch_take_outbox() */
    I.outbox = I.outbox & ~TICK_ENTRIES(I.position[T]);
    I.pc = save;
    go_on()
}
/* intake.c intake_put_back(); ticks.c keep_saved() is that `event` stays */
inline put_back() {
#ifdef NO_KEEP
    I.event = 0;
#endif
#ifdef PASSED_OVER
    I.position[T] = I.position[T] + 1;
#endif
    I.waits = false;
    I.pc = reading
}
/* ticks.c live_through(): first the buckets with customers whom it reaches (saver_save()), then the rest (saver_advance()) */
inline go_on() {
    if
    :: I.todo == 0 && I.waits -> put_back()
    :: I.todo == 0 && !I.waits && (OPEN(0) || OPEN(1)) -> I.pc = advance; I.todo = (OPEN(0) -> 1 : 0) | (OPEN(1) -> 2 : 0)
    :: I.todo == 0 && !I.waits && !OPEN(0) && !OPEN(1) ->
        submit(T, I.event);
        I.event = 0;
        I.pc = reading
    :: else
    fi
}
inline done_with(bb) { I.todo = I.todo & ~(1 << (bb)); go_on() }
/* steps.c live_record(), scripts/save.lua, saver.c accept_call() */
inline save_tick(bb) {
    event = 0;
    if
    :: bb == 0 && DUE(I.x) ->
        assert(I.x == 2); /* with order 0 alone it would be at 3 */
        redis.x = LAPSED; I.x = LAPSED; event = LAPSE_BY_TICK(I.position[T])
    :: bb == 1 && !redis.z -> redis.z = 1; event = Z_LAPSE_BY_TICK(I.position[T])
    :: else
    fi;
    if :: PUBLISHES(T) -> redis.outbox = redis.outbox | KEEP(event) :: else fi;
    I.event = I.event | event;
    event = 0;
    pass(bb)
}
inline pass(bb) {
    assert(!(bb == 0 && DUE(redis.x)) || FALLEN); /* nobody is passed over */
    redis.b[bb].mark[T] = I.position[T] + 1;
    I.b[bb].mark[T] = I.position[T] + 1;
    done_with(bb)
}
/* saver.c advance_call(): the marks of all sources of ours */
#define BEHIND(bb) (OWN(O) && I.b[bb].mark[O] < I.position[O])
#define MINE_TO_ADVANCE(bb) (MINE(T, bb) && (!BEHIND(bb) || MINE(O, bb)))
inline advance_tick(bb) {
    if :: BEHIND(bb) -> redis.b[bb].mark[O] = I.position[O]; I.b[bb].mark[O] = I.position[O] :: else fi;
    pass(bb)
}

/* ---- the commit stage ---- */

inline count(n_published, was_lost) {
#ifdef NEVER_REPEATED
    assert(n_published == 0);
#endif
    assert(was_lost || n_published == 0);
    n_published = (n_published < 2 -> n_published + 1 : 2)
}
inline commit() {
    for (i : 0 .. ORDERS - 1) {
        if :: I.job & ORDER_EVENT(i) -> assert(published == i); published++ :: else fi
    }
    if :: I.job & (LAPSE_BY_ORDER | LAPSE_BY_TICK(0) | LAPSE_BY_TICK(1)) -> count(lapses, lost) :: else fi;
    if :: I.job & (Z_LAPSE_BY_TICK(0) | Z_LAPSE_BY_TICK(1)) -> count(z_lapses, z_lost) :: else fi;
    if :: I.writes > 0 -> after[ticks] = I.writes; ticks++ :: else fi;
    for (s : 0 .. 1) { if :: (open[me] >> s) & 1 -> committed[s] = I.offset[s] :: else fi }
    clear_job();
    open[me] = 0
}
inline clear_job() { I.job = 0; I.offset[0] = 0; I.offset[1] = 0; I.writes = 0; I.busy = false }
inline abort() {
    open[me] = 0;
    I.failed = I.busy && I.pc != drain;
    clear_job()
}

/* ---- the assignment ---- */

inline let_go() {
    for (s : 0 .. 1) {
        I.committed[s] = 0; I.position[s] = 0;
        I.b[0].mark[s] = 0; I.b[1].mark[s] = 0; token[SEEN(s, 0)] = 0; token[SEEN(s, 1)] = 0
    }
    I.outbox = 0; I.x = 0; I.failed = false; I.event = 0; I.todo = 0; I.waits = false; token[HELD] = 0;
    renumber()
}

/* scripts/claim.lua in one bucket: mark and outbox of all sources that are taken over */
inline claim_bucket(bb) {
    for (s : 0 .. 1) {
        token[SEEN(s, bb)] = 0;
        if :: OWN(s) -> token[REDIS(s, bb)] = token[HELD]; I.b[bb].mark[s] = redis.b[bb].mark[s] :: else fi
    }
    I.outbox = I.outbox | (redis.outbox & OF_BUCKET(bb) & ((OWN(O) -> OF_ORDERS : 0) | (OWN(T) -> OF_TICKS : 0)))
}
inline start() {
    for (s : 0 .. 1) {
        I.position[s] = I.committed[s];
#ifndef NO_REWIND
        for (b : 0 .. 1) { if :: OWN(s) && I.b[b].mark[s] < I.position[s] -> I.position[s] = I.b[b].mark[s] :: else fi }
#endif
    }
    for (i : 0 .. ORDERS - 1) { if :: i < I.committed[O] -> I.outbox = I.outbox & ~ENTRIES(i) :: else fi }
    for (i : 0 .. TICKS - 1) { if :: i < I.committed[T] -> I.outbox = I.outbox & ~TICK_ENTRIES(i) :: else fi }
    for (s : 0 .. 1) { if :: I.position[s] == I.committed[s] -> I.committed[s] = 0 :: else fi }
    I.x = redis.x /* loaded now, so as old as can be: saver.c load_missing() */
}
#define SAME(s, bb) (!OWN(s) || (redis.b[bb].mark[s] == I.b[bb].mark[s] && token[REDIS(s, bb)] == token[HELD]))
#define UNCHANGED (SAME(O, 0) && SAME(O, 1) && SAME(T, 0) && SAME(T, 1))
#define AS_SEEN(s, bb) (!OWN(s) || token[REDIS(s, bb)] == token[SEEN(s, bb)])
#define OFFERED ((assigned[0] == me -> 1 : 0) | (assigned[1] == me -> 2 : 0))
#define READING (I.pc == reading && !I.failed)

#define NEXT_ORDER (READING && !I.busy && OWN(O) && I.position[O] < ORDERS)
#define ORDER_APPLIES (I.position[O] >= I.b[BUCKET(I.position[O])].mark[O])
#define ORDER_MOVED (I.position[O] != 2 && MOVED)
#define IN_BUCKET BUCKET(I.position[O])

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

    /* pipeline.c cycle(): an order, as a batch */
    :: d_step { NEXT_ORDER && !ORDER_APPLIES ->
        event = I.outbox & ENTRIES(I.position[O]); /* lot.c lot_find(), batch.c batch_take_outbox() */
        I.outbox = I.outbox & ~ENTRIES(I.position[O]);
        submit(O, event) }
    :: d_step { NEXT_ORDER && ORDER_APPLIES && MINE(O, IN_BUCKET) && !ORDER_MOVED -> save_order() }
    :: d_step { NEXT_ORDER && ORDER_APPLIES && MINE(O, IN_BUCKET) && ORDER_MOVED -> I.x = redis.x }
    :: d_step { NEXT_ORDER && ORDER_APPLIES && !(MINE(O, IN_BUCKET)) -> let_go(); I.pc = drain }

    /* housekeeping.c housekeep_now(): saver_advance() in all buckets, then store_notes_write() */
    :: d_step { READING && BEHIND(0) && MINE(O, 0) -> redis.b[0].mark[O] = I.position[O]; I.b[0].mark[O] = I.position[O] }
    :: d_step { READING && BEHIND(1) && MINE(O, 1) -> redis.b[1].mark[O] = I.position[O]; I.b[1].mark[O] = I.position[O] }
    :: d_step { READING && OWN(O) && I.position[O] >= 3 && !BEHIND(0) && !BEHIND(1) && redis.noted != I.position[O] ->
        redis.noted = I.position[O] }

#ifndef WAITING
    /* ticker.c ticker_turn(): the control topic is saved to its end (control_is_saved()), and somebody is due at the time reached;
       that and `after` are of one reading of the notes (time_view_look(), come_after()). The tick is there once its transaction is
       committed: that of the batch which was just saved, or one of its own */
    :: d_step { READING && (!I.busy || !I.writes) && OWN(T) && I.position[T] == ticks && ticks < TICKS && redis.noted >= 3 &&
                (DUE(redis.x) || !redis.z) ->
        if
        :: !I.busy -> hand_over(0)
        :: else
        fi;
        I.writes = AFTER }
#endif

    /* control.c control_apply(), ticks.c tick_apply(); either bucket may answer first, and other instances come in between */
    :: d_step { NEXT_TICK && NOTED -> reach() }
    :: d_step { NEXT_TICK && !NOTED -> put_back() }
    :: d_step { I.pc == save && PENDING(0) && MINE(T, 0) && !WAITS(0) && !MOVED -> save_tick(0) }
    :: d_step { I.pc == save && PENDING(0) && MINE(T, 0) && !WAITS(0) && MOVED && !I.waits -> I.x = redis.x }
    :: d_step { I.pc == save && PENDING(0) && MINE(T, 0) && !WAITS(0) && MOVED && I.waits -> I.x = redis.x; done_with(0) }
    :: d_step { I.pc == save && PENDING(1) && MINE(T, 1) && !WAITS(1) -> save_tick(1) }
    :: d_step { I.pc == save && PENDING(0) && MINE(T, 0) && WAITS(0) -> I.waits = true; done_with(0) }
    :: d_step { I.pc == save && PENDING(1) && MINE(T, 1) && WAITS(1) -> I.waits = true; done_with(1) }
    :: d_step { I.pc == advance && PENDING(0) && MINE_TO_ADVANCE(0) && !WAITS(0) -> advance_tick(0) }
    :: d_step { I.pc == advance && PENDING(1) && MINE_TO_ADVANCE(1) && !WAITS(1) -> advance_tick(1) }
    :: d_step { I.pc == advance && PENDING(0) && MINE_TO_ADVANCE(0) && WAITS(0) -> I.waits = true; done_with(0) }
    :: d_step { I.pc == advance && PENDING(1) && MINE_TO_ADVANCE(1) && WAITS(1) -> I.waits = true; done_with(1) }
    :: d_step { I.pc == save && ((PENDING(0) && !(MINE(T, 0))) || (PENDING(1) && !(MINE(T, 1)))) -> let_go(); I.pc = drain }
    :: d_step { I.pc == advance && ((PENDING(0) && !(MINE_TO_ADVANCE(0))) || (PENDING(1) && !(MINE_TO_ADVANCE(1)))) ->
        let_go(); I.pc = drain }

    /* publisher.c */
    :: d_step { I.busy && open[me] == 0 && current[me] -> open[me] = I.mine }
    :: d_step { I.busy && open[me] == 0 && !current[me] -> abort() }
    :: d_step { I.busy && open[me] != 0 -> commit() }
    :: d_step { open[me] != 0 -> abort() }

    /* pipeline.c, housekeeping.c */
    :: d_step { I.pc == reading && I.failed -> let_go(); I.pc = take }
    :: d_step { I.pc == reading && !current[me] -> let_go(); I.pc = drain }
    :: d_step { READING && !UNCHANGED -> let_go(); I.pc = drain }
    :: d_step { I.pc == drain && !I.busy ->
        if :: current[me] -> current[0] = false; current[1] = false :: else fi;
        I.mine = 0;
        I.pc = idle }
#if !defined(LOST_TAIL) || defined(KILLS)
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
#ifndef WAITING
        redis.b[0].mark[O] = 1;
        redis.b[1].mark[O] = 1;
        redis.x = 1;
        committed[O] = 1;
        published = 1;
#endif
#ifdef LOST_TAIL
        assigned[T] = 1;
#endif
        run worker(0);
        run worker(1)
    };
    do
    /* a generation: the first has both sources at one worker, all others one at each; how they wander is two_sources.pml's, as
       zombies together with a lost tail are one_source.pml's */
    :: d_step { OVER -> current[0] = false; current[1] = false; assigned[T] = 1 }
#ifdef WAITING
    :: d_step { ticks < TICKS -> after[ticks] = 3; ticks++ }
#endif
#ifdef LOST_TAIL
    :: d_step { !kept && !fallen -> kept = true;
        for (b : 0 .. 1) { for (s : 0 .. 1) {
            earlier.b[b].mark[s] = redis.b[b].mark[s]; token[EARLIER(s, b)] = token[REDIS(s, b)] } }
        earlier.x = redis.x; earlier.y = redis.y; earlier.z = redis.z; earlier.outbox = redis.outbox;
        earlier.noted = redis.noted;
        renumber() }
    :: d_step { kept -> kept = false; fallen = true;
        lost = redis.x >= LAPSED && earlier.x < LAPSED;
        z_lost = redis.z && !earlier.z;
        for (b : 0 .. 1) { for (s : 0 .. 1) {
            redis.b[b].mark[s] = earlier.b[b].mark[s]; token[REDIS(s, b)] = token[EARLIER(s, b)];
            earlier.b[b].mark[s] = 0; token[EARLIER(s, b)] = 0 } }
        redis.x = earlier.x; redis.y = earlier.y; redis.z = earlier.z; redis.outbox = earlier.outbox;
        redis.noted = earlier.noted;
        earlier.x = 0; earlier.y = 0; earlier.z = 0; earlier.outbox = 0; earlier.noted = 0;
        renumber() }
#endif
    :: d_step { AT_END(O, ORDERS) && AT_END(T, ticks) && open[0] == 0 && open[1] == 0 ->
#ifdef REACH
        assert(ticks == 0);
#endif
#ifdef NEVER_MISSING
        assert(lapses > 0);
#endif
        assert(lost || lapses == 1);
        assert(z_lost || z_lapses == (ticks > 0));
        assert(redis.x == 4 && redis.y && redis.z == (ticks > 0) && published == ORDERS) }
    od
}
