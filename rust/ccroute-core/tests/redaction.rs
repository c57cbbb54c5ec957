//! What leaves the house: nothing personal, and the same decisions.

use ccroute_core::{
    Capacity, Command, ContactField, ContactKey, Envelope, Event, NewContact, Plan, Redaction,
    Router, Span, Timestamp, Value,
};

const PLAN: &str = r#"
[[classification.rules]]
name = "gold"
when = 'segment == "gold" || caller.startsWith("+34") && !caller.endsWith("0")'
queue = "vip"

[[classification.rules]]
when = 'has(attributes.account) && account > 1000 && size(region) == 5'
queue = "vip"

[[classification.rules]]
queue = "billing"

[queues.vip]
preferred.last_agent = "600s"
dispositions = ["sold"]

[queues.billing]
leaving.resume_within = "60s"

[[queues.billing.escalation]]
name = "late"
after = "30s"
if = 'contact.customer == "cust-vip" || city < "m"'
raise = { head_start = "60s" }
"#;

const PERSONAL: [&str; 16] = [
    "call-Gomez-1",
    "call-Perez-2",
    "call-Ruiz-3",
    "cust-Gomez",
    "cust-Perez",
    "cust-Ruiz",
    "story-Gomez",
    "before-Gomez",
    "600111222",
    "Evita Gomez",
    "dentist appointment",
    "request-Gomez",
    "sup-Garcia",
    "asked by Gomez",
    "zaragoza-Gomez",
    "call-gone-9",
];

fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(secs * 1_000_000).expect("as the plan has it")
}

fn agent(router: &mut Router, name: &str) {
    let plan = router.shared_plan();
    let queues = ["vip", "billing"]
        .map(|it| ccroute_core::Link::new(plan.find_queue(it).expect("as the plan has it")));
    let capacity =
        [Capacity { channel: plan.find_channel("voice").expect("as the plan has it"), slots: 1 }];
    let settings = ccroute_core::AgentSettings {
        queues: Some(&queues),
        capacity: Some(&capacity),
        ..ccroute_core::AgentSettings::default()
    };
    router.apply(at(1), Command::SignIn { agent: name, settings }).expect("as the plan has it");
    router
        .apply(at(1), Command::Ready(router.find_agent(name).expect("as the plan has it")))
        .expect("as the plan has it");
}

fn enqueue(
    router: &mut Router,
    now: Timestamp,
    names: [&str; 2],
    attributes: &[(&str, Value)],
    rename: impl Fn(&str) -> Box<str>,
) -> ContactKey {
    let channel = router.shared_plan().find_channel("voice").expect("as the plan has it");
    let [id, customer] = names.map(rename);
    let queue = router.shared_plan().find_queue("billing").expect("as the plan has it");
    let new = NewContact {
        queue: None,
        customer: Some(&customer),
        attributes,
        ..NewContact::new(&id, queue, channel)
    };
    router.apply(now, Command::Enqueue(new)).expect("as the plan has it");
    router.find_contact(&id).expect("as the plan has it")
}

/// A router in which everything personal lies somewhere.
fn busy() -> Router {
    let mut router = Router::new(Plan::from_toml(PLAN).expect("as the plan has it"));
    agent(&mut router, "ana");
    let text = |text: &str| Value::Text(text.into());
    let attributes = [
        ("caller", text("+34600111222")),
        ("name", text("Evita Gomez")),
        ("account", Value::Number(7_654_321)),
        ("pin", Value::Number(424_243)),
        ("segment", text("gold")),
        ("city", text("zaragoza-Gomez")),
    ];
    let plan = router.shared_plan();
    let channel = plan.find_channel("voice").expect("as the plan has it");
    let new = NewContact {
        queue: None,
        attributes: &attributes,
        customer: Some("cust-Gomez"),
        conversation: Some("story-Gomez"),
        previous: Some("before-Gomez"),
        ..NewContact::new(
            "call-Gomez-1",
            plan.find_queue("vip").expect("as the plan has it"),
            channel,
        )
    };
    let asked = Envelope {
        command_id: Some("request-Gomez"),
        actor: Some("supervisor:sup-Garcia"),
        reason: Some("asked by Gomez"),
    };
    router.apply_enveloped(at(2), &asked, Command::Enqueue(new)).expect("as the plan has it");
    let refused = Envelope { command_id: Some("request-Gomez-2"), ..asked };
    router.apply_enveloped(at(2), &refused, Command::Enqueue(new)).expect_err("it was asked for");
    let offer = router.events().iter().find_map(|event| event.offer).expect("as the plan has it");
    let first = router.find_contact("call-Gomez-1").expect("as the plan has it");
    router.apply(at(3), Command::Accept(offer)).expect("as the plan has it");
    router.apply(at(3), Command::Connected(first)).expect("as the plan has it");
    router
        .apply(at(9), Command::Release { contact: first, by: ccroute_core::Cause::Agent })
        .expect("as the plan has it");
    let ana = router.find_agent("ana").expect("as the plan has it");
    let pause = Command::NotReady { agent: ana, reason: Some("dentist appointment") };
    router.apply(at(10), pause).expect("as the plan has it");
    let plain = |text: &str| text.into();
    enqueue(&mut router, at(11), ["call-Perez-2", "cust-Perez"], &[("city", text("Lugo"))], plain);
    let gone = enqueue(&mut router, at(12), ["call-gone-9", "cust-Ruiz"], &[], plain);
    let cause = ccroute_core::Cause::Abandoned;
    router.apply(at(13), Command::Cancel { contact: gone, cause }).expect("as the plan has it");
    router.clear_events();
    router
}

fn redaction(router: &Router) -> Redaction {
    let mut redaction = Redaction::new(&[9; 32]);
    redaction.heed_router(router);
    redaction
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn nothing_personal_is_left_in_the_bytes() {
    let mut router = busy();
    let before = router.snapshot();
    let lacking: Vec<_> = PERSONAL.iter().filter(|text| !holds(&before, text)).collect();
    assert_eq!(lacking, [&"call-Ruiz-3"], "what the test looks for must have been there");
    let redaction = redaction(&router);
    router.redact(&redaction);
    let after = router.snapshot();
    let left: Vec<_> = PERSONAL.iter().filter(|text| holds(&after, text)).collect();
    assert!(left.is_empty(), "{left:?}");
    // A number that no plan reads, as it is encoded: a zigzag of seven bits a byte.
    let pin = [0xe6, 0xe4, 0x33];
    let encoded = |bytes: &[u8]| bytes.windows(3).any(|window| window == pin);
    assert_eq!((encoded(&before), encoded(&after)), (true, false));
    // What the plan compares with stays, and agents' names.
    assert!(holds(&after, "gold") && holds(&after, "ana"));
    assert!(holds(&after, &redaction.text("call-Gomez-1")));
}

#[test]
fn a_redacted_router_is_sound_and_comes_back() {
    let mut router = busy();
    router.redact(&redaction(&busy()));
    router.check().unwrap();
    let back = Router::restore(&router.snapshot()).unwrap();
    assert_eq!(back.state_hash(), router.state_hash());
    assert_ne!(router.state_hash(), busy().state_hash());
    assert_eq!(router.find_contact("call-Perez-2"), None);
}

/// What happens after: one comes back, one is new, all wait for ana.
fn goes_on(mut router: Router, rename: impl Fn(&str) -> Box<str> + Copy) -> (Vec<Event>, Router) {
    let spain = Value::Text(rename("+34911222333"));
    enqueue(&mut router, at(20), ["call-Ruiz-3", "cust-Ruiz"], &[], rename);
    enqueue(&mut router, at(21), ["call-4", "cust-Gomez"], &[("caller", spain)], rename);
    enqueue(&mut router, at(22), ["call-5", "cust-vip"], &[], rename);
    router.advance(at(60)).expect("as the plan has it");
    router
        .apply(at(61), Command::Ready(router.find_agent("ana").expect("as the plan has it")))
        .expect("as the plan has it");
    let dead = at(61) + Span::secs(600);
    router.advance(dead).expect("as the plan has it");
    router.check().expect("as the plan has it");
    (router.events().to_vec(), router)
}

#[test]
fn decisions_stay_what_they_were() {
    let redaction = redaction(&busy());
    let (told, mut live) = goes_on(busy(), |text| text.into());
    let mut redacted = busy();
    redacted.redact(&redaction);
    let (again, redacted) = goes_on(redacted, |text| redaction.text(text));
    assert!(told.len() > 10);
    assert_eq!(told, again);
    live.redact(&redaction);
    assert_eq!(live.state_hash(), redacted.state_hash());
}

#[test]
fn pseudonyms_answer_what_the_plan_asks() {
    let redaction = redaction(&busy());
    let caller = redaction.text("+34600111222");
    assert!(caller.starts_with("+34") && !caller.ends_with('0') && caller.len() > 10, "{caller}");
    let ends = redaction.text("+34600111220");
    assert!(ends.starts_with("+34") && ends.ends_with('0') && !holds(ends.as_bytes(), "600111"));
    assert_eq!(&*redaction.text("gold"), "gold");
    assert_eq!(&*redaction.text("cust-vip"), "cust-vip");
    assert!(*redaction.text("lugo") < *"m" && *redaction.text("zaragoza") >= *"m");
    // `size(region)` looks into it; nothing else does.
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(redaction.value("region", &text("soria")), text("soria"));
    assert_ne!(redaction.value("city", &text("soria")), text("soria"));
    assert_eq!(redaction.value("account", &Value::Number(1)), Value::Number(1));
    assert_ne!(redaction.value("pin", &Value::Number(1)), Value::Number(1));
    assert_eq!(redaction.value("pin", &Value::Flag(true)), Value::Flag(true));
    assert_eq!(&*redaction.reason("late"), "late");
    assert_ne!(&*redaction.reason("lunch"), "lunch");
    assert_eq!(&*redaction.actor("agent:ana"), "agent:ana");
    assert!(redaction.actor("supervisor:eva").starts_with("supervisor:!"));
    assert!(redaction.actor("pat@example.org").starts_with('~'));
    assert_eq!(
        redaction.story(ContactField::Customer, "a"),
        redaction.text("a"),
        "nothing looks into it"
    );
}

#[test]
fn what_was_no_name_is_none_afterwards() {
    let redaction = Redaction::new(&[1; 32]);
    assert_eq!(&*redaction.text(""), "");
    assert!(redaction.text("two\nlines").contains(char::is_control));
    assert!(redaction.text(&"x".repeat(129)).contains(char::is_control));
    assert!(!redaction.text(&"x".repeat(128)).contains(char::is_control));
}

#[test]
fn another_key_gives_other_pseudonyms() {
    let [one, other] = [1, 2].map(|key| Redaction::new(&[key; 32]));
    assert_ne!(one.text("+34600111222"), other.text("+34600111222"));
}

#[test]
fn a_part_that_many_texts_have_does_not_give_the_text_away() {
    let plan = "[[classification.rules]]\nwhen = 'note.contains(\"a\") || note.contains(\"e\")'\n\
                queue = \"q\"\n[[classification.rules]]\nqueue = \"q\"\n[queues.q]\n";
    let mut redaction = Redaction::new(&[1; 32]);
    redaction.heed(&Plan::from_toml(plan).unwrap());
    for text in ["Sr. Ruiz", "maria", "ohne", "Elena"] {
        let made = redaction.text(text);
        assert_ne!(&*made, text);
        assert_eq!(made.contains('a'), text.contains('a'), "{text} {made}");
        assert_eq!(made.contains('e'), text.contains('e'), "{text} {made}");
    }
}
