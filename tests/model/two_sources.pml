/* The protocol of design section 6, second slice: two order sources, one bucket, two workers, a customer with orders in both
   sources and one with orders in the first only. Workers stop, go on and are killed anywhere, sources wander, answers get lost,
   transactions are aborted; with LOST_TAIL Redis can also fall back to an earlier state, once (AGAIN: as often as it likes), and
   then each source stays where the second generation puts it. Functions are named in one_source.pml; here is what the second source
   adds: a revision is compared (consumer/scripts/save.lua "moved", consumer/saver.c judge, forget_customers), and a transaction
   carries the offsets of all sources of its sender (consumer/intake.c intake_note_ends, consumer/publisher.c offsets_of).

   The n-th order of the shared customer is event n; the other customer's order is one event.

   Without LOST_TAIL each event comes exactly once. With it the ledgers are right and the event of the customer with one source
   comes exactly once; so do the shared customer's, unless a record of theirs was among the lost seconds. These must fail with it:
     NEVER_REPEATED    no event of the shared customer comes twice
     NEVER_MISSING     each comes at last
   and this without it, for the order of events of one customer that two instances send is not promised:
     IN_ORDER          event 2 comes after event 1
   Taken out, and spin must find it: NO_COMPARE (of the revision), NO_REWIND, NO_OUTBOX, COMMIT_BACKWARDS.
   REACH fails where all is done. */
#define ENDS(s) (2 - (s)) /* the first source has two records, the second has one */
#define SHARED 3          /* bits of the ledgers: 1, the first source's record 0; 2, the second's; 4, the first's record 1 */
#define FIRST(e) ((e) & 3) /* events in a set: the number that record 0 of the first source has caused, or 0 */
#define SECOND(e) (((e) >> 3) & 3)
#define PRIVATE 4

#ifndef JOBS
#define JOBS 1 /* batches that are saved and not committed; two: one_source.pml */
#endif

mtype = { idle, take, look, prove, claim, reading, save, drain };

/* Kafka */
byte assigned[2]; /* to whom this generation gives each source */
bool current[2];
byte open[2]; /* the sources whose offsets a worker's open transaction carries */
byte committed[2], published[3]; /* published: how often the private event, the shared customer's first, their second */

/* Redis */
typedef bucket { byte mark[2]; byte ledger; byte outbox }
bucket redis;
#ifdef LOST_TAIL
bucket earlier;
bool kept, fallen;
bool lost; /* a record of the shared customer was among the lost seconds */
#else
#define lost false
#endif
#ifdef AGAIN
#define MAY_KEEP true
#define MAY_FALL true
#else
#define MAY_KEEP (!kept && !fallen)
#define MAY_FALL kept
#endif

#define REDIS(s) (s)
#define EARLIER(s) (2 + (s))
#define HELD (4 + me)
#define SEEN(s) (6 + 2 * me + (s))
#define NEW 11
byte token[10];
hidden byte number[12], n, i, s;

inline renumber() {
    n = 0;
    for (i : 0 .. 11) { number[i] = 0 }
    for (i : 0 .. 9) {
        if
        :: token[i] != 0 && number[token[i]] == 0 -> n++; number[token[i]] = n
        :: else
        fi;
        token[i] = number[token[i]]
    }
    n = 0
}

typedef job { byte events; byte offset[2] }
typedef state {
    mtype pc = idle;
    byte mine; /* set of sources */
    byte committed[2], mark[2], position[2], done[2];
    bit source; /* of the batch: its record is the last before position */
    byte outbox, customer;
    job jobs[JOBS];
    byte n_jobs;
    bool known, failed;
}
state w[2];
#define I w[me]
hidden byte event, o;

#define OFFSET (I.position[I.source] - 1)
#define OWN(s) ((I.mine >> (s)) & 1)
#define APPLIES (OFFSET >= I.mark[I.source])
#define PUBLISHES (OFFSET >= I.committed[I.source])
#define IS_SHARED (!(I.source == 0 && OFFSET == 1))
/* the outbox entries of the batch's record */
#define ENTRIES (I.source == 1 -> 24 : (OFFSET == 0 -> 3 : PRIVATE))
#define MINE (token[REDIS(I.source)] == token[HELD] && redis.mark[I.source] == I.mark[I.source])
#define DONE (!(MINE) && token[REDIS(I.source)] == token[HELD] && redis.mark[I.source] > OFFSET)
#ifdef NO_COMPARE
#define MOVED false
#else
#define MOVED (IS_SHARED && (redis.ledger & SHARED) != I.customer)
#endif

/* steps.c: the batch's record on the cached customer */
inline step() {
    if
    :: IS_SHARED ->
        event = (I.customer == 0 -> 1 : 2);
        event = (I.source == 0 -> event : event << 3)
    :: else -> event = PRIVATE
    fi
}

/* entries of records that are known to be committed: consumer/drops.c */
inline drop() {
    if :: OWN(0) && I.done[0] > 0 -> redis.outbox = redis.outbox & ~3 :: else fi;
    if :: OWN(0) && I.done[0] > 1 -> redis.outbox = redis.outbox & ~PRIVATE :: else fi;
    if :: OWN(1) && I.done[1] > 0 -> redis.outbox = redis.outbox & ~24 :: else fi
}

inline execute_save() {
    step();
    if
    :: IS_SHARED ->
        assert(!(I.customer & (I.source + 1)));
        redis.ledger = (redis.ledger & 4) | I.customer | (I.source + 1)
    :: else -> assert(!(redis.ledger & 4)); redis.ledger = redis.ledger | 4
    fi;
#ifndef NO_OUTBOX
    if :: PUBLISHES -> redis.outbox = redis.outbox | event :: else fi;
#endif
    redis.mark[I.source] = I.position[I.source];
    drop()
}

#ifdef COMMIT_BACKWARDS
#define TO_COMMIT(s) I.position[s]
#else
#define TO_COMMIT(s) (I.position[s] < I.committed[s] -> I.committed[s] : I.position[s])
#endif

inline submit() {
    if
    :: !I.failed ->
        I.jobs[I.n_jobs].events = (PUBLISHES -> event : 0);
        for (s : 0 .. 1) { I.jobs[I.n_jobs].offset[s] = (OWN(s) -> TO_COMMIT(s) : 0) }
        I.n_jobs++
    :: else
    fi;
    event = 0;
    if :: I.mark[I.source] < I.position[I.source] -> I.mark[I.source] = I.position[I.source] :: else fi;
    I.outbox = I.outbox & ~ENTRIES;
    if :: I.position[I.source] >= I.committed[I.source] -> I.committed[I.source] = 0 :: else fi;
    I.source = 0;
    I.pc = reading
}

inline accept() {
    step();
    if :: IS_SHARED -> I.customer = I.customer | (I.source + 1) :: else fi;
    submit()
}

inline clear_job(j) { I.jobs[j].events = 0; I.jobs[j].offset[0] = 0; I.jobs[j].offset[1] = 0 }

inline publish(k) {
    published[k]++;
#ifdef NEVER_REPEATED
    assert(published[k] == 1);
#endif
    assert(published[k] == 1 || (k != 0 && lost));
#ifdef IN_ORDER
    assert(k != 2 || published[1] > 0);
#endif
    if :: published[k] > 2 -> published[k] = 2 :: else fi /* twice is as often as counts */
}

inline commit() {
    if :: I.jobs[0].events & PRIVATE -> publish(0) :: else fi;
    if :: FIRST(I.jobs[0].events) -> n = FIRST(I.jobs[0].events); publish(n) :: else fi;
    if :: SECOND(I.jobs[0].events) -> n = SECOND(I.jobs[0].events); publish(n) :: else fi;
    n = 0;
    for (s : 0 .. 1) {
        if
        :: (open[me] >> s) & 1 ->
            committed[s] = I.jobs[0].offset[s];
            if :: I.pc != drain -> I.done[s] = I.jobs[0].offset[s] :: else fi
        :: else
        fi
    }
    for (o : 1 .. JOBS - 1) {
        I.jobs[o - 1].events = I.jobs[o].events;
        I.jobs[o - 1].offset[0] = I.jobs[o].offset[0];
        I.jobs[o - 1].offset[1] = I.jobs[o].offset[1]
    }
    clear_job(JOBS - 1);
    I.n_jobs--;
    open[me] = 0
}

inline abort() {
    open[me] = 0;
    I.failed = I.n_jobs > 0 && I.pc != drain;
    clear_job(0);
    clear_job(JOBS - 1);
    I.n_jobs = 0
}

inline let_go() {
    for (s : 0 .. 1) { I.committed[s] = 0; I.mark[s] = 0; I.position[s] = 0; I.done[s] = 0; token[SEEN(s)] = 0 }
    I.source = 0; I.outbox = 0; I.customer = 0; I.known = false; I.failed = false; token[HELD] = 0;
    renumber()
}

inline start() {
    for (s : 0 .. 1) {
        if
        :: OWN(s) ->
            I.mark[s] = redis.mark[s];
#ifdef NO_REWIND
            I.position[s] = I.committed[s];
#else
            I.position[s] = (I.mark[s] < I.committed[s] -> I.mark[s] : I.committed[s]);
#endif
            I.done[s] = I.committed[s];
            if :: I.position[s] == I.committed[s] -> I.committed[s] = 0 :: else fi
        :: else
        fi
    }
    I.outbox = redis.outbox & ((OWN(0) && I.done[0] == 0 -> 3 : 0) | (OWN(0) && I.done[0] < 2 -> 4 : 0) |
                               (OWN(1) && I.done[1] == 0 -> 24 : 0))
}

#define SAME(s) (!OWN(s) || (redis.mark[s] == I.mark[s] && token[REDIS(s)] == token[HELD]))
#define UNCHANGED (SAME(0) && SAME(1))
#define NOT_OVERTAKEN ((!OWN(0) || token[REDIS(0)] == token[SEEN(0)]) && (!OWN(1) || token[REDIS(1)] == token[SEEN(1)]))
#define OFFERED ((assigned[0] == me -> 1 : 0) | (assigned[1] == me -> 2 : 0))

proctype worker(bit me) {
    do
    :: d_step { I.pc == idle && OFFERED != 0 -> current[me] = true; I.mine = OFFERED; I.pc = take }

    /* assignment.c */
    :: d_step { I.pc == take && !(open[1 - me] & I.mine) ->
        open[me] = 0;
        for (s : 0 .. 1) { I.committed[s] = (OWN(s) -> committed[s] : 0) }
        I.pc = look }
    :: d_step { I.pc == look ->
        for (s : 0 .. 1) { token[SEEN(s)] = (OWN(s) -> token[REDIS(s)] : 0) }
        I.pc = prove }
    :: d_step { I.pc == prove && current[me] ->
        for (s : 0 .. 1) { if :: OWN(s) -> committed[s] = I.committed[s] :: else fi }
        I.pc = claim }
    :: d_step { I.pc == prove && !current[me] -> let_go(); I.mine = 0; I.pc = idle }
    :: d_step { I.pc == claim && NOT_OVERTAKEN ->
        token[HELD] = NEW;
        for (s : 0 .. 1) { token[SEEN(s)] = 0; if :: OWN(s) -> token[REDIS(s)] = NEW :: else fi }
        renumber();
        start();
        I.pc = reading }
    :: d_step { I.pc == claim && !NOT_OVERTAKEN -> let_go(); I.pc = take }

    /* a batch of one record, of either source */
    :: atomic { I.pc == reading && !I.failed && I.n_jobs < JOBS ->
        if
        :: OWN(0) && I.position[0] < ENDS(0) -> I.source = 0
        :: OWN(1) && I.position[1] < ENDS(1) -> I.source = 1
        fi;
        I.position[I.source] = I.position[I.source] + 1;
        if
        :: APPLIES ->
            if :: IS_SHARED && !I.known -> I.known = true; I.customer = redis.ledger & SHARED :: else fi;
            I.pc = save
        :: else -> event = I.outbox & ENTRIES; submit()
        fi }
    :: d_step { I.pc == save && MINE && !MOVED -> execute_save(); accept() }
    :: d_step { I.pc == save && MINE && !MOVED -> execute_save() } /* the answer is lost */
    :: d_step { I.pc == save && MINE && MOVED -> I.customer = redis.ledger & SHARED }
    :: d_step { I.pc == save && DONE -> accept() }
    :: d_step { I.pc == save && !(MINE) && !DONE -> let_go(); I.pc = drain }

    /* publisher.c */
    :: d_step { I.n_jobs > 0 && open[me] == 0 && current[me] -> open[me] = I.mine }
    :: d_step { I.n_jobs > 0 && open[me] == 0 && !current[me] -> abort() }
    :: d_step { I.n_jobs > 0 && open[me] != 0 -> commit() }
    :: d_step { open[me] != 0 -> abort() }

    /* pipeline.c, housekeeping.c */
    :: d_step { I.pc == reading && I.failed -> let_go(); I.pc = take }
    :: d_step { I.pc == reading && !current[me] -> let_go(); I.pc = drain }
    :: d_step { I.pc == reading && !I.failed && !UNCHANGED -> let_go(); I.pc = drain }
    :: d_step { I.pc == drain && I.n_jobs == 0 ->
        if :: current[me] -> current[0] = false; current[1] = false :: else fi;
        I.mine = 0;
        I.pc = idle }
    :: d_step { I.pc != idle ->
        current[me] = false; let_go(); clear_job(0); clear_job(JOBS - 1); I.n_jobs = 0; I.mine = 0; I.pc = idle }
    od
}

#define ALL_DONE (redis.mark[0] == ENDS(0) && redis.mark[1] == ENDS(1) && committed[0] == ENDS(0) && committed[1] == ENDS(1) && \
                  open[0] == 0 && open[1] == 0)

active proctype world() {
    atomic { run worker(0); run worker(1) };
    do
#ifdef LOST_TAIL
    :: d_step { current[0] = false; current[1] = false; assigned[1] = 1 } /* each source stays where it is */
    :: d_step { MAY_KEEP -> kept = true;
        earlier.mark[0] = redis.mark[0]; earlier.mark[1] = redis.mark[1]; earlier.ledger = redis.ledger;
        earlier.outbox = redis.outbox; token[EARLIER(0)] = token[REDIS(0)]; token[EARLIER(1)] = token[REDIS(1)]; renumber() }
    :: d_step { MAY_FALL -> kept = false; fallen = true;
        lost = lost || (redis.ledger & SHARED) != (earlier.ledger & SHARED);
        redis.mark[0] = earlier.mark[0]; redis.mark[1] = earlier.mark[1]; redis.ledger = earlier.ledger;
        redis.outbox = earlier.outbox; token[REDIS(0)] = token[EARLIER(0)]; token[REDIS(1)] = token[EARLIER(1)];
#ifndef AGAIN
        earlier.mark[0] = 0; earlier.mark[1] = 0; earlier.ledger = 0; earlier.outbox = 0;
        token[EARLIER(0)] = 0; token[EARLIER(1)] = 0;
#endif
        renumber() }
#else
    :: atomic { current[0] = false; current[1] = false;
        if :: assigned[0] = 0 :: assigned[0] = 1 fi;
        if :: assigned[1] = 0 :: assigned[1] = 1 fi }
#endif
    :: d_step { ALL_DONE ->
#ifdef REACH
        assert(false);
#endif
#ifdef NEVER_MISSING
        assert(published[1] > 0 && published[2] > 0);
#endif
        assert(lost || (published[1] == 1 && published[2] == 1));
        assert(redis.ledger == 7 && published[0] == 1) }
    od
}
