//! A table of visits that answers for itself, against an aggregator that was told of the same.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::random_facts::{AGENTS, CHANNELS, Given, LABELS, QUEUES, SECOND, STEP, given, micros};
use super::*;
use crate::event::Cause;
use crate::metrics::{InTurn, LabelColumn, NoFigures, Parallel, Part, VisitColumns, VisitTable};

/// Columns of visits.
#[derive(Default)]
struct Columns {
    entered: Vec<i64>,
    visit: Vec<u32>,
    course: Vec<u8>,
    cause: Vec<u8>,
    wait: Vec<i64>,
    talk: Vec<i64>,
    hold: Vec<i64>,
    holds: Vec<u32>,
    wrap_up: Vec<i64>,
    response: Vec<i64>,
    /// Whether any was answered in writing: else there is no such column.
    in_writing: bool,
    customer: Vec<u64>,
    /// Queue, channel, client, the caller's own and agent.
    places: [Vec<i32>; 5],
}

const BY: [Dimension; 5] =
    [Dimension::Queue, Dimension::Channel, Dimension::Client, Dimension::Custom1, Dimension::Agent];

impl Columns {
    fn of(visits: &[Given]) -> Self {
        let mut all = Self::default();
        for (number, given) in (0..).zip(visits) {
            let (course, cause) = match given.course {
                Course::Answered => (0, given.ending),
                Course::Abandoned => (1, given.ending),
                Course::Left(cause) => (2, cause),
                Course::None => (3, given.ending),
            };
            all.entered.push(given.entered);
            all.visit.push(1 + number % 2);
            all.course.push(course);
            all.cause.push(cause as u8);
            all.wait.push(given.wait);
            all.talk.push(given.talk);
            all.hold.push(given.hold);
            all.holds.push(given.holds);
            all.wrap_up.push(given.wrap_up);
            all.response.push(given.response.unwrap_or(-1));
            all.in_writing |= given.response.is_some();
            all.customer.push(given.customer);
            let names = [Some(given.queue), given.channel, given.client, given.site, given.agent];
            for (places, name) in all.places.iter_mut().zip(names) {
                places.push(name.map_or(-1, |name| name as i32));
            }
        }
        all
    }

    fn read(&self) -> VisitColumns<'_> {
        VisitColumns {
            entered: &self.entered,
            visit: Some(&self.visit),
            course: Some(&self.course),
            cause: Some(&self.cause),
            wait: Some(&self.wait),
            talk: Some(&self.talk),
            hold: Some(&self.hold),
            holds: Some(&self.holds),
            wrap_up: Some(&self.wrap_up),
            first_response: self.in_writing.then_some(&self.response[..]),
            customer: Some(&self.customer),
        }
    }
}

fn names() -> [Vec<String>; 5] {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    [owned(&QUEUES), owned(&CHANNELS), owned(&LABELS), owned(&LABELS), owned(&AGENTS)]
}

fn labels<'a>(columns: &'a Columns, names: &'a [Vec<String>; 5]) -> Vec<LabelColumn<'a>> {
    let all = BY.iter().zip(&columns.places).zip(names);
    all.map(|((&dimension, places), names)| LabelColumn { dimension, places, names }).collect()
}

/// Runs the last part first: nothing may come of when a part runs.
struct Backward(usize);

impl Parallel for Backward {
    fn most(&self) -> usize {
        self.0
    }

    fn run(&self, parts: Vec<Part<'_>>) {
        parts.into_iter().rev().for_each(|part| part());
    }
}

/// An answer with the bits of its real numbers.
fn bits(answer: &FigureTable<'_>) -> String {
    let columns = answer.columns.iter().map(|column| match column {
        FigureColumn::Reals(reals) => {
            reals.iter().map(|real| real.to_bits().cast_signed()).collect()
        }
        FigureColumn::Integers(integers) => integers.clone(),
    });
    let columns: Vec<Vec<i64>> = columns.collect();
    format!("{columns:?} {:?} {:?} {:?}", answer.groups, answer.group, answer.interval)
}

/// An aggregator that was told of the same, each visit of a contact of its own.
fn told(visits: &[Given]) -> KpiAggregator {
    let dimensions = vec!["site".to_owned()];
    let retention = Span::secs(60 * 86_400);
    let settings = Settings { dimensions, retention, ..Settings::default() };
    let mut metrics = KpiAggregator::new(settings).unwrap();
    let source = metrics.source("table").unwrap();
    for (number, given) in visits.iter().enumerate() {
        let contact = metrics.contact(source, &format!("call-{number}"));
        let visit = 1 + u32::try_from(number).unwrap() % 2;
        let fact = given.fact(&mut metrics, source, contact, visit);
        assert_eq!(metrics.post_visit(&fact), Ok(Posted::Counted));
    }
    metrics
}

/// Of waits only, which are counted another way; of everything.
const WAITS: &str = "offered contacts answered abandoned left wait_answered.count \
    wait_answered.zero wait_answered.sum wait_answered.max wait_answered.within:20000000 \
    wait_answered.below:20000000 wait_answered.p50 wait_answered.p90 wait_answered.deviation \
    wait_abandoned.sum wait_abandoned.below:5000000 wait_left.max";
const ALL: &str = "offered contacts answered left conversations transferred handed_over held \
    holds wrapped handled ended_by_agent ended_by_customer callbacks_taken responded \
    left.timed_out left.callback waiting oldest \
    wait_left.sum wait_answered.within:20000000 talk.sum talk.p90 hold.max hold.deviation \
    wrap_up.zero wrap_up.sum handle.count handle.p99 first_response.sum first_response.p50";

/// What both say, row by row. That a percentile is exact is for the table alone to say.
fn compare(visits: &[Given], query: &Query) {
    let (columns, names) = (Columns::of(visits), names());
    let table = VisitTable { columns: columns.read(), labels: &labels(&columns, &names) };
    let found = table.query(query).unwrap();
    let mut metrics = told(visits);
    let expected = metrics.answer(query).unwrap();
    let groups = |answer: &FigureTable<'_>| {
        let rows = answer.group.iter().zip(&answer.interval);
        let named = rows.map(|(&group, &interval)| {
            let names = answer.groups[group as usize].iter();
            (names.map(|name| name.map(str::to_owned)).collect::<Vec<_>>(), interval)
        });
        named.collect::<Vec<_>>()
    };
    assert_eq!(groups(&found), groups(&expected));
    for ((found, expected), field) in found.columns.iter().zip(&expected.columns).zip(&query.fields)
    {
        match (found, expected) {
            (FigureColumn::Reals(found), FigureColumn::Reals(expected)) => {
                let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(found), bits(expected), "{field:?}");
            }
            (FigureColumn::Integers(_), _) | (_, FigureColumn::Integers(_)) => {
                assert_eq!(found, expected, "{field:?}");
            }
        }
    }
    assert!(found.is_final.iter().all(|&is_final| is_final));
}

fn only(dimension: Dimension, names: &[Option<&str>]) -> (Dimension, Vec<Option<String>>) {
    (dimension, names.iter().map(|name| name.map(str::to_owned)).collect())
}

fn queries() -> Vec<Query> {
    let edges = |every: i64| (0..=96 / every).map(|n| micros(n * every * STEP)).collect();
    let mut queries = Vec::new();
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        for words in [WAITS, ALL] {
            let query = Query { basis, fields: fields(words), ..Query::default() };
            queries.push(query.clone());
            let by = vec![Dimension::Queue];
            queries.push(Query { by, edges: edges(1), ..query.clone() });
            let by = vec![Dimension::Custom1, Dimension::Queue, Dimension::Channel];
            let of = vec![only(Dimension::Client, &[None, Some("north"), Some("nobody")])];
            queries.push(Query { by, only: of, edges: edges(4), ..query.clone() });
            let (by, of) = (vec![Dimension::Tenant], vec![only(Dimension::Tenant, &[None])]);
            queries.push(Query { by, only: of, ..query.clone() });
            let by = vec![Dimension::Agent, Dimension::Queue];
            queries.push(Query { by, edges: edges(2), ..query.clone() });
            let of = vec![only(Dimension::Agent, &[Some("ana")]), only(Dimension::Team, &[None])];
            queries.push(Query { only: of, ..query.clone() });
            let of = vec![only(Dimension::Tenant, &[Some("none")])];
            queries.push(Query { only: of, ..query });
        }
    }
    let fields = fields("unique.customers unique.customers.exact answered");
    queries.push(Query { by: vec![Dimension::Queue], fields, edges: edges(3), ..Query::default() });
    queries
}

/// Of every course; some answered in writing, some after a time that does not fit into 32 bits.
fn sound() -> impl Strategy<Value = Vec<Given>> {
    let bound = i64::from(u32::MAX);
    let long = prop::sample::select(vec![bound - 1, bound, bound + 1, 5 * bound]);
    let more = (prop::option::of(long), prop::option::of(0..3 * bound));
    let visit = (given(), more).prop_map(|(given, (long, response))| {
        let wait = long.unwrap_or(given.wait % (9 * DAY));
        Given { revision: 1, wait, response, ..given }
    });
    prop::collection::vec(visit, 0..80)
}

const DAY: i64 = 86_400 * SECOND;

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::with_cases(40)
    })]

    #[test]
    fn table_answers_as_an_aggregator_that_was_told_of_it(
        visits in sound(), in_writing in any::<bool>()
    ) {
        let told = |given: &Given| {
            Given { response: given.response.filter(|_| in_writing), ..given.clone() }
        };
        let visits: Vec<Given> = visits.iter().map(told).collect();
        for query in queries() {
            compare(&visits, &query);
        }
    }

    #[test]
    fn long_table_answers_the_same_in_any_order(
        visits in prop::collection::vec(given(), 20..60), times in 20usize..30
    ) {
        // Several blocks, and cells of more samples than an aggregator keeps one by one.
        let whole = |n: usize, given: &Given| {
            let wait = (given.wait + n as i64) % DAY;
            Given { revision: 1, queue: n % 3, wait, ..given.clone() }
        };
        let visits: Vec<Given> =
            (0..times).flat_map(|n| visits.iter().map(move |given| whole(n, given))).collect();
        let counted = "offered answered wait_answered.sum wait_answered.max \
            wait_answered.within:20000000 holds handle.sum talk.count";
        for by in [vec![], vec![Dimension::Queue, Dimension::Client]] {
            compare(&visits, &Query { by, fields: fields(counted), ..Query::default() });
        }
        let (columns, names) = (Columns::of(&visits), names());
        let table = VisitTable { columns: columns.read(), labels: &labels(&columns, &names) };
        for query in queries() {
            let whole = bits(&table.query(&query).unwrap());
            for most in [0, 1, 2, 3, 100] {
                let parts = table.query_in_parts(&query, &Backward(most)).unwrap();
                prop_assert_eq!(&bits(&parts), &whole, "{} parts of {:?}", most, query);
            }
        }
        prop_assert_eq!(table.extent_in_parts(&Backward(3)), table.extent_in_parts(&InTurn));
        let query = Query { fields: fields("wait_answered.p90 wait_answered.exact"), ..Query::default() };
        let found = table.query(&query).unwrap();
        let answered = visits.iter().filter(|given| given.course == Course::Answered);
        let mut waits: Vec<i64> = answered.map(|given| given.wait).collect();
        waits.sort_unstable();
        let FigureColumn::Reals(quantiles) = &found.columns[0] else { panic!("seconds") };
        match (waits.len() * 9).div_ceil(10).checked_sub(1) {
            Some(rank) => assert_eq!(quantiles[0], waits[rank] as f64 / 1e6),
            None => assert!(quantiles.first().is_none_or(|quantile| quantile.is_nan())),
        }
        if !quantiles.is_empty() {
            assert_eq!(found.integers(1), Some(&[1][..]));
        }
    }
}

#[test]
fn groups_beyond_all_pairs_are_met_one_by_one() {
    // Two dimensions of 2,000 names each and 96 intervals: more pairs than there is room for.
    let names: Vec<String> = (0..2_000).map(|n| format!("{n:04}")).collect();
    let rows = 3_000i64;
    let entered: Vec<i64> = (0..rows).map(|n| n * 7_919 % 96 * STEP).collect();
    let places =
        |step: i64| -> Vec<i32> { (0..rows).map(|n| (n * step % 2_001 - 1) as i32).collect() };
    let (queues, clients) = (places(7), places(13));
    let column = |dimension, places| LabelColumn { dimension, places, names: &names };
    let labels = [column(Dimension::Queue, &queues), column(Dimension::Client, &clients)];
    let columns = VisitColumns { entered: &entered, ..VisitColumns::default() };
    let table = VisitTable { columns, labels: &labels };
    let by = vec![Dimension::Client, Dimension::Queue];
    let edges = (0..=96).map(|n| micros(n * STEP)).collect();
    let query = Query { by, fields: fields("offered"), edges, ..Query::default() };
    let found = table.query(&query).unwrap();
    assert_eq!(bits(&table.query_in_parts(&query, &Backward(4)).unwrap()), bits(&found));
    let mut expected = std::collections::BTreeMap::new();
    for row in 0..rows as usize {
        let name = |place: i32| usize::try_from(place).ok().map(|place| names[place].as_str());
        let key = (vec![name(clients[row]), name(queues[row])], (entered[row] / STEP) as u32);
        *expected.entry(key).or_insert(0i64) += 1;
    }
    let cells = found.group.iter().zip(&found.interval).zip(found.integers(0).unwrap());
    let cells = cells
        .map(|((&group, &interval), &n)| ((found.groups[group as usize].clone(), interval), n));
    assert!(cells.eq(expected));
}

#[test]
fn first_row_that_cannot_be_is_named_whoever_finds_it() {
    let names = ["billing".to_owned()];
    let (mut waits, mut places) = (vec![0; 2_000], vec![0; 2_000]);
    // In the first block that has one, a value is found before a name, wherever it lies.
    (places[700], waits[750], waits[1_500]) = (1, -1, -2);
    let labels = [LabelColumn { dimension: Dimension::Queue, places: &places, names: &names }];
    let columns =
        VisitColumns { entered: &vec![0; 2_000], wait: Some(&waits), ..VisitColumns::default() };
    let table = VisitTable { columns, labels: &labels };
    let query = Query { by: vec![Dimension::Queue], fields: fields("offered"), ..Query::default() };
    let expected = table.query(&query).unwrap_err();
    assert_eq!(expected.to_string(), "row 750: wait_us -1: give microseconds, not negative");
    for most in 2..9 {
        assert_eq!(table.query_in_parts(&query, &Backward(most)).unwrap_err(), expected);
        let extent = table.extent_in_parts(&Backward(most)).unwrap_err();
        assert_eq!(extent, table.extent().unwrap_err());
    }
}

#[test]
fn extent_reaches_to_the_last_that_is_known() {
    let columns = VisitColumns {
        entered: &[SECOND, 2 * SECOND],
        wrap_up: Some(&[9 * SECOND, 0]),
        first_response: Some(&[-1, 3600 * SECOND]),
        ..VisitColumns::default()
    };
    let table = VisitTable { columns, labels: &[] };
    assert_eq!(table.extent().unwrap(), Some((at(1.0), at(3602.0))));
    let short = VisitColumns { wrap_up: Some(&[0]), ..columns };
    let refused = VisitTable { columns: short, labels: &[] }.extent().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "column 'wrap_up' has 1 rows where 2 are needed: give one each"
    );
    let labels = [LabelColumn { dimension: Dimension::Queue, places: &[], names: &[] }];
    let query = Query { fields: fields("offered"), ..Query::default() };
    let refused = VisitTable { columns, labels: &labels }.query(&query).unwrap_err();
    assert_eq!(refused.to_string(), "column 'queue' has 0 rows where 2 are needed: give one each");
}

#[test]
fn equal_names_are_one_group() {
    let names = ["billing", "sales", "billing"].map(str::to_owned);
    let labels = [LabelColumn { dimension: Dimension::Queue, places: &[0, 1, 2], names: &names }];
    let columns = VisitColumns { entered: &[0; 3], ..VisitColumns::default() };
    let table = VisitTable { columns, labels: &labels };
    let query = Query { by: vec![Dimension::Queue], fields: fields("offered"), ..Query::default() };
    let found = table.query(&query).unwrap();
    assert_eq!(found.groups, [[Some("billing")], [Some("sales")]]);
    assert_eq!(found.integers(0), Some(&[2, 1][..]));
}

#[test]
fn rows_between_edges_only_are_counted() {
    let entered: Vec<i64> = [0, 9, 10, 19, 20, 29, 30].map(|second| second * SECOND).to_vec();
    let columns = VisitColumns { entered: &entered, ..VisitColumns::default() };
    let table = VisitTable { columns, labels: &[] };
    // Edges of no cells: a table has none.
    let edges = vec![at(10.0), at(20.0), at(29.5)];
    let query = Query { fields: fields("offered"), edges, ..Query::default() };
    let found = table.query(&query).unwrap();
    assert_eq!((&found.interval[..], found.integers(0).unwrap()), (&[0, 1][..], &[2, 2][..]));
    assert_eq!(table.extent().unwrap(), Some((at(0.0), at(30.0))));
    let none = VisitTable { columns: VisitColumns::default(), labels: &[] };
    assert!(none.query(&query).unwrap().group.is_empty());
    assert_eq!(none.extent().unwrap(), None);
}

static ENTERED: [i64; 300] = [0; 300];

/// A column of nothing but one value, in the second block.
fn wrong<T: Copy + Default>(value: T) -> Vec<T> {
    let mut column = vec![T::default(); 300];
    column[280] = value;
    column
}

/// The row of a table that is refused, and why.
fn refused(columns: VisitColumns<'_>, labels: &[LabelColumn<'_>]) -> String {
    let by = labels.iter().map(|column| column.dimension).collect();
    let query = Query { by, fields: fields("offered"), ..Query::default() };
    let entered = if columns.entered.is_empty() { &ENTERED } else { columns.entered };
    let columns = VisitColumns { entered, ..columns };
    match (VisitTable { columns, labels }).query(&query) {
        Err(NoFigures::Row(row, refusal)) => format!("{row}: {}", refusal.message),
        Err(NoFigures::Config(error)) => panic!("{}", error.message),
        Ok(answer) => panic!("{answer:?}"),
    }
}

#[test]
fn row_of_a_time_that_cannot_be_is_named() {
    let base = VisitColumns::default();
    let month = 31 * DAY + 1;
    for (columns, expected) in [
        (VisitColumns { entered: &wrong(-1), ..base }, "entered_us -1: give microseconds since"),
        (VisitColumns { entered: &wrong(i64::MAX), ..base }, "entered_us 9223372036854775807: "),
        (VisitColumns { wait: Some(&wrong(-1)), ..base }, "wait_us -1: give microseconds, not neg"),
        (VisitColumns { wait: Some(&wrong(month)), ..base }, "wait 2678400.000001s: give at most"),
        (VisitColumns { talk: Some(&wrong(month)), ..base }, "talk 2678400.000001s: give at most"),
        (VisitColumns { hold: Some(&wrong(-5)), ..base }, "hold_us -5: give microseconds"),
        (VisitColumns { wrap_up: Some(&wrong(i64::MIN)), ..base }, "wrap_up_us -9223372036854775"),
        (VisitColumns { first_response: Some(&wrong(-2)), ..base }, "first_response_us -2: give"),
        (VisitColumns { first_response: Some(&wrong(month)), ..base }, "first_response 2678400.0"),
    ] {
        let found = refused(columns, &[]);
        assert!(found.starts_with(&format!("280: {expected}")), "{found}");
    }
}

#[test]
fn row_of_a_code_that_is_none_is_named() {
    let base = VisitColumns::default();
    let found = refused(VisitColumns { course: Some(&wrong(4)), ..base }, &[]);
    assert_eq!(found, "280: course 4: give 0 answered, 1 abandoned, 2 left, 3 none");
    let beyond = Cause::ALL.len() as u8;
    let found = refused(VisitColumns { cause: Some(&wrong(beyond)), ..base }, &[]);
    assert_eq!(found, format!("280: cause {beyond}: give a code of CAUSES"));
    let found = refused(VisitColumns { holds: Some(&wrong(10_001)), ..base }, &[]);
    assert_eq!(found, "280: holds 10001: give at most 10000");
    let columns = VisitColumns { course: Some(&wrong(1)), talk: Some(&wrong(1)), ..base };
    assert!(refused(columns, &[]).starts_with("280: talk, hold or wrap-up without an answer"));
    let names = ["billing".to_owned()];
    for place in [-2, 1, i32::MAX, i32::MIN] {
        let places = wrong(place);
        let labels = [LabelColumn { dimension: Dimension::Queue, places: &places, names: &names }];
        let found = refused(base, &labels);
        assert_eq!(found, format!("280: queue {place}: give a place in its 1 names, or -1"));
    }
}

#[test]
fn question_a_table_cannot_answer_is_refused() {
    let table = VisitTable { columns: VisitColumns::default(), labels: &[] };
    let refused = |query: Query| match table.query(&query) {
        Err(NoFigures::Config(error)) => error.message,
        Err(NoFigures::Row(row, refusal)) => panic!("{row}: {}", refusal.message),
        Ok(answer) => panic!("{answer:?}"),
    };
    for basis in [Basis::Split, Basis::ServiceLevelEvent] {
        let found = refused(Query { basis, fields: fields("offered"), ..Query::default() });
        assert!(found.contains("ask on offered, event or completion"), "{found}");
    }
    for word in [
        "offers_made",
        "callbacks_offered",
        "refused",
        "refused.full",
        "ringing",
        "code.sale",
        "score.csat",
        "amount.cost",
        "time.idle",
        "passed:20000000",
    ] {
        let found = refused(Query { fields: fields(word), ..Query::default() });
        assert!(found.contains("a table of visits tells of none"), "{word}: {found}");
    }
    for query in [
        Query { basis: Basis::Event, ..Query::default() },
        Query { by: vec![Dimension::Agent], ..Query::default() },
    ] {
        let found = refused(Query { fields: fields("unique.customers"), ..query });
        assert!(found.starts_with("unique.customers: different customers"), "{found}");
    }
    let edges = vec![at(20.0), at(20.0)];
    let found = refused(Query { edges, ..Query::default() });
    assert_eq!(found, "edge 20s does not come after 20s: give them ascending");
}
