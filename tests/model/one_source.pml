/* The protocol of design section 6, first slice: one source, one bucket, two workers. A worker can be stopped between any two
   of its steps and go on later (a zombie), be killed anywhere, lose its source at any time, lose any answer of Redis and have any
   transaction aborted; Redis can fall back to an earlier state, taken at any time. How often is not bounded; the records are.
   Each record causes one event, which names its offset.

   Taken out one at a time, and each time spin must find a violation:
     NO_COMPARE        a save does not compare owner and mark (consumer/scripts/save.lua)
     NO_REWIND         reading begins at the committed offset (consumer/assignment.c, find_start)
     NO_OUTBOX         a save leaves nothing in the outbox (consumer/save_call.c, add_outbox)
     COMMIT_BACKWARDS  offsets below the committed one are sent (consumer/intake.c, intake_note_ends)
     PUBLISH_BELOW     what lies below the committed offset is published, too (consumer/lot.c, lot_find)
     METADATA_LATE     the group metadata is asked for when it is used (consumer/kafka_in.c, on_assigned)
     UNSTABLE          committed offsets are read past an open transaction (consumer/kafka_in.c, kafka_in_committed)
   REACH is none: it fails where everything is read, saved and committed, so that this is known to come about. */
#ifndef RECORDS
#define RECORDS 2 /* 3 with `make soak` */
#endif
#define BAD 15                              /* a ledger that has lived through a record twice, or not in order */
#define BELOW(offset) ((1 << (offset)) - 1) /* a set of offsets: all below */

mtype = { idle, take, look, prove, claim, reading, save, drain };

/* Kafka: the group and its one source; what readers of the campaign topic see */
bit assigned;              /* to whom this generation gives the source */
bool current[2];           /* the worker's group metadata is of this generation */
bool open[2];              /* a transaction whose offsets the group has accepted */
byte committed, published; /* published: the number of events, so the offset of the next */

/* Redis: the bucket, and an earlier state of it */
typedef bucket { byte mark; byte ledger; byte outbox }
bucket redis, earlier;

/* Tokens are only ever compared: they are numbered anew whenever one has changed, or the search would count names. */
#define REDIS 0
#define EARLIER 1
#define HELD (2 + me)
#define SEEN (4 + me)
#define NEW 7 /* 128 random bits: one that nobody knows */
byte token[6];
hidden byte number[8], n, i;

inline renumber() {
    n = 0;
    for (i : 0 .. 7) { number[i] = 0 }
    for (i : 0 .. 5) {
        if
        :: token[i] != 0 && number[token[i]] == 0 -> n++; number[token[i]] = n
        :: else
        fi;
        token[i] = number[token[i]]
    }
    n = 0 /* (a d_step must not end in a loop) */
}

typedef job { byte events; byte offset } /* consumer/publisher.c */
typedef state {
    mtype pc = idle;
    byte committed, mark; /* struct source: at the assignment; as the last answered call left it */
    byte from, position;  /* the batch: [from, position) */
    byte outbox, done;    /* offsets found at the claim; known to be committed (consumer/drops.c) */
    byte customer;        /* consumer/customer_cache.c */
    job jobs[2];          /* saved, not committed */
    byte n_jobs;
    bool known;  /* customer is loaded */
    bool failed; /* a transaction was aborted, and so are all after it (publisher.c, run) */
}
state w[2];
#define I w[me]
hidden byte o, next;

/* ---- what a save does ---- */

/* the table of section 6: lot.c settle(); publisher.c send_all() */
#define FRESH (I.position > I.mark -> BELOW(I.position) & ~BELOW(I.mark) : 0)
#define EVENTS ((FRESH | I.outbox) & BELOW(I.position) & ~BELOW(I.from) & TO_PUBLISH)
#ifdef PUBLISH_BELOW
#define TO_PUBLISH 255
#else
#define TO_PUBLISH (255 & ~BELOW(I.committed))
#endif
#ifdef COMMIT_BACKWARDS
#define TO_COMMIT I.position
#else
#define TO_COMMIT (I.position < I.committed -> I.committed : I.position)
#endif
#ifdef NO_COMPARE
#define MINE true
#else
#define MINE (token[REDIS] == token[HELD] && redis.mark == I.mark)
#endif
#define DONE (!(MINE) && token[REDIS] == token[HELD] && redis.mark >= I.position) /* an answer was lost: saver.c judge_marks() */

/* steps.c step_customer() over the batch's records that the bucket has not lived through */
inline step() {
    next = I.customer;
    for (o : I.mark .. I.position - 1) { next = (next == o -> o + 1 : BAD) }
}

/* scripts/save.lua */
inline execute_save() {
    step();
    redis.ledger = next;
    redis.mark = I.position;
#ifndef NO_OUTBOX
    redis.outbox = redis.outbox | (FRESH & TO_PUBLISH);
#endif
    redis.outbox = redis.outbox & ~BELOW(I.done);
    assert(redis.ledger == redis.mark)
}

/* pipeline.c pipeline_submit(); after a failure jobs are aborted as they come */
inline submit() {
    if
    :: !I.failed ->
        I.jobs[I.n_jobs].events = EVENTS;
        I.jobs[I.n_jobs].offset = TO_COMMIT;
        I.n_jobs++
    :: else
    fi;
    if :: I.mark < I.position -> I.mark = I.position :: else fi;
    I.outbox = I.outbox & ~BELOW(I.position);
    if :: I.position >= I.committed -> I.committed = 0 :: else fi; /* has no more to say */
    I.from = 0;
    I.pc = reading
}

/* saver.c accept_call() */
inline accept() {
    step();
    I.customer = next;
    submit()
}

/* ---- the commit stage ---- */

inline clear_jobs() {
    I.jobs[0].events = 0; I.jobs[0].offset = 0; I.jobs[1].events = 0; I.jobs[1].offset = 0; I.n_jobs = 0
}

/* publisher.c: the oldest job is through; pipeline.c finish_batch() */
inline commit() {
    for (o : 0 .. RECORDS - 1) {
        if
        :: (I.jobs[0].events >> o) & 1 -> assert(published == o); published++
        :: else
        fi
    }
    committed = I.jobs[0].offset;
    if :: I.pc != drain -> I.done = I.jobs[0].offset :: else fi;
    I.jobs[0].events = I.jobs[1].events; I.jobs[0].offset = I.jobs[1].offset;
    I.jobs[1].events = 0; I.jobs[1].offset = 0;
    I.n_jobs--;
    open[me] = false
}

inline abort() {
    open[me] = false;
    I.failed = I.n_jobs > 0 && I.pc != drain; /* when a killed process has left it open, nobody is told */
    clear_jobs()
}

#ifdef METADATA_LATE
#define MEMBER (current[me] || assigned == me)
#else
#define MEMBER current[me]
#endif

/* ---- the assignment ---- */

/* pipeline.c let_go(): all but what is in the commit stage */
inline let_go() {
    I.committed = 0; I.mark = 0; I.from = 0; I.position = 0; I.outbox = 0; I.done = 0; I.customer = 0; I.known = false;
    I.failed = false; token[SEEN] = 0; token[HELD] = 0;
    renumber()
}

/* assignment.c find_start(), drop_published() */
inline start() {
    I.mark = redis.mark;
#ifdef NO_REWIND
    I.position = I.committed;
#else
    I.position = (I.mark < I.committed -> I.mark : I.committed);
#endif
    I.outbox = redis.outbox & ~BELOW(I.committed);
    I.done = I.committed;
    if :: I.position == I.committed -> I.committed = 0 :: else fi
}

/* redis.mark and owner as this worker left them: housekeeping.c look_at_marks() */
#define UNCHANGED (redis.mark == I.mark && token[REDIS] == token[HELD])

#ifdef UNSTABLE
#define STABLE true
#else
#define STABLE (!open[1 - me])
#endif

proctype worker(bit me) {
    do
    /* kafka_in.c on_assigned(): the group metadata is taken here, once */
    :: d_step { I.pc == idle && assigned == me -> current[me] = true; I.pc = take }

    /* assignment.c take(): kafka_out_ready() aborts what a killed process left open; committed offsets are stable, or waited for */
    :: d_step { I.pc == take && STABLE -> open[me] = false; I.committed = committed; I.pc = look }
    /* store_marks.c store_look() */
    :: d_step { I.pc == look -> token[SEEN] = token[REDIS]; I.pc = prove }
    /* assignment.c prove() */
    :: d_step { I.pc == prove && MEMBER -> committed = I.committed; I.pc = claim }
    :: d_step { I.pc == prove && !MEMBER -> let_go(); I.pc = idle }
    /* scripts/claim.lua; otherwise CLAIM_OTHER_OWNER */
    :: d_step { I.pc == claim && token[REDIS] == token[SEEN] ->
        token[HELD] = NEW; token[REDIS] = NEW; token[SEEN] = 0;
        renumber();
        start();
        I.pc = reading }
    :: d_step { I.pc == claim && token[REDIS] != token[SEEN] -> let_go(); I.pc = take }

    /* pipeline.c cycle(): pipeline_free_batch(), intake_fill() of one record or two, saver.c load_missing() */
    :: atomic { I.pc == reading && !I.failed && I.n_jobs < 2 && I.position < RECORDS ->
        I.from = I.position;
        if
        :: I.position = I.position + 1
        :: I.position + 1 < RECORDS -> I.position = I.position + 2
        fi;
        if
        :: I.position > I.mark ->
            if :: !I.known -> I.known = true; I.customer = redis.ledger :: else fi;
            I.pc = save
        :: else -> submit()
        fi }
    /* saver.c saver_save(), judge(). Without an answer redis.c repeats the call byte for byte */
    :: d_step { I.pc == save && MINE && redis.ledger == I.customer -> execute_save(); accept() }
    :: d_step { I.pc == save && MINE && redis.ledger == I.customer -> execute_save() }
    :: d_step { I.pc == save && MINE && redis.ledger != I.customer -> I.customer = redis.ledger } /* moved */
    :: d_step { I.pc == save && DONE -> accept() }
    :: d_step { I.pc == save && !(MINE) && !DONE -> let_go(); I.pc = drain }

    /* publisher.c publish(): events and offsets, which the group refuses to other generations; then the end of the transaction */
    :: d_step { I.n_jobs > 0 && !open[me] && MEMBER -> open[me] = true }
    :: d_step { I.n_jobs > 0 && !open[me] && !MEMBER -> abort() }
    :: d_step { I.n_jobs > 0 && open[me] -> commit() }
    /* by us, or by the coordinator when its time is over */
    :: d_step { open[me] -> abort() }

    /* pipeline.c check_publisher(): begins anew in place */
    :: d_step { I.pc == reading && I.failed -> let_go(); I.pc = take }
    /* pipeline_revoked(): we are told that the generation is over */
    :: d_step { I.pc == reading && !current[me] -> let_go(); I.pc = drain }
    /* housekeeping.c look_at_marks() */
    :: d_step { I.pc == reading && !I.failed && !UNCHANGED -> let_go(); I.pc = drain }
    /* pipeline.c let_go(): drained; join_again() */
    :: d_step { I.pc == drain && I.n_jobs == 0 ->
        if
        :: current[me] -> current[me] = false; assigned = 1 - assigned
        :: else
        fi;
       
        I.pc = idle }

    /* all is done: this must hold */
    :: d_step { I.pc == reading && !I.failed && UNCHANGED && I.position == RECORDS && I.n_jobs == 0 ->
#ifdef REACH
        assert(false);
#endif
        assert(redis.ledger == RECORDS && published == RECORDS && committed == RECORDS) }

    /* kill -9; whoever starts again knows nothing, and the group may not have noticed */
    :: d_step { I.pc != idle -> current[me] = false; let_go(); clear_jobs(); I.pc = idle }
    od
}

active proctype world() {
    atomic { run worker(0); run worker(1) };
    do
    /* a generation begins */
    :: d_step { current[0] = false; current[1] = false; assigned = 0 }
    :: d_step { current[0] = false; current[1] = false; assigned = 1 }
    /* what an append-only file, a snapshot or a replica has, and the fall back to it */
    :: d_step { earlier.mark = redis.mark; earlier.ledger = redis.ledger; earlier.outbox = redis.outbox;
        token[EARLIER] = token[REDIS]; renumber() }
    :: d_step { redis.mark = earlier.mark; redis.ledger = earlier.ledger; redis.outbox = earlier.outbox;
        token[REDIS] = token[EARLIER]; renumber() }
    od
}
