//! Any text read as a plan and as a condition: taken or refused in words. A plan that is
//! taken is written and read back as the same.
#![no_main]

use ccroute_core::{Condition, Plan, Scope};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for scope in [Scope::Contact, Scope::Step, Scope::Agent] {
        _ = Condition::new(text, scope);
    }
    if let Ok(plan) = Plan::from_toml(text) {
        let again = Plan::from_toml(&plan.to_toml());
        assert_eq!(again.as_ref(), Ok(&plan));
    }
});
