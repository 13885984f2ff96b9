//! Our sessions beside the `session_id`s that the data brought, from outside.

use serde_json::json;

use super::runner::{Dwell, event};

#[test]
fn sessions_are_counted_as_agreed_split_and_merged_by_reason() {
    let on = |session: &str| json!({"device_id": "d", "session_id": session});
    let dwell = Dwell::new();
    dwell.take(&[
        // Agreed.
        event("a1", "A", 0, &on("s1")),
        event("a2", "A", 5, &on("s1")),
        // One of the source's, two of ours: a pause of 40 min.
        event("b1", "A", 100, &on("s2")),
        event("b2", "A", 140, &on("s2")),
        // Two of the source's, one of ours.
        event("c1", "A", 300, &on("s3")),
        event("c2", "A", 310, &on("s4")),
        // No id.
        event("d1", "A", 500, &json!({"device_id": "d"})),
    ]);
    let found = dwell.object(&["definition", "compare", "visit"]);
    assert_eq!(found["source_session_count"], 4);
    assert_eq!(found["our_session_count"], 5);
    assert_eq!(found["kinds"]["agreed"]["groups"], 1);
    assert_eq!(
        found["kinds"]["split"],
        json!({"groups": 1, "source_sessions": 1, "our_sessions": 2})
    );
    assert_eq!(
        found["kinds"]["merged"],
        json!({"groups": 1, "source_sessions": 2, "our_sessions": 1})
    );
    assert_eq!(found["split_by"], json!({"timeout": 1}));
    assert_eq!(found["merged_over_pause"], 1);
    assert_eq!(found["ours_without_id"], 1);
    let differences = found["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 2);
    assert_eq!(differences[0]["kind"], "split");
    assert_eq!(differences[0]["source_sessions"], json!(["s2"]));
    assert_eq!(differences[0]["stream"], "d");
    for difference in differences {
        for id in difference["our_sessions"].as_array().expect("a list") {
            let id = id.as_str().expect("an id");
            assert_eq!(
                dwell.object(&["session", "show", id])["row"]["session_id"],
                id
            );
        }
    }
    let refused = dwell.run(&["definition", "compare", "none"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("“none”"), "{}", refused.stderr);
}
