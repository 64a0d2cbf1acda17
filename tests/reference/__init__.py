"""An independent reference of obek, written from design.md and contract.md alone (no code shared with the C).

    order      a JSON value of the orders' feed -> a validated order, or the reason it is bad
    ledger     base + ring + placeholders (design, section 3)
    model      features, schemes kmeans and rfm, the first instant at which an answer changes (3, 4)
    cltv       the cltv scheme (oracles.md, "Stable formulas")
    customer   the step: model, time, record (3)
    run        partitions of records -> events, states, verdicts
    generate   deterministic synthetic data and a model that fits it
    flo        the FLO data as records and as a model (only where ../shared is present)
"""
