//! axe-core in the page: what keeps people with a screen reader, a keyboard or weak eyes out of it.

use crate::browser::Browser;

/// Runs in the page after axe's own text; answers with one line for each serious or critical finding and its place.
const LOOK: &str = r"
    const done = arguments[0];
    const grave = ['serious', 'critical'];
    axe.run(document, {resultTypes: ['violations']}).then(
        result => done(result.violations.filter(found => grave.includes(found.impact)).flatMap(found =>
            found.nodes.map(node => `${found.id} at ${node.target.join(' ')}: ${node.failureSummary.replace(/\s+/g, ' ')}`))),
        why => done([`axe itself: ${why}`]));
";

/// axe-core as set-up keeps it.
pub fn source() -> String {
    let path = std::env::var_os("NEXTHOP_AXE").expect("NEXTHOP_AXE names axe-core: `cargo xtask test browser` sets it");
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}: run `cargo xtask setup`", path.display()))
}

/// What is serious or critical in the page as it stands, a line each.
pub async fn findings(browser: &Browser, source: &str) -> Vec<String> {
    browser.execute(source).await;
    let found = browser.driver.execute_async(LOOK, vec![]).await.expect("axe answers");
    let lines = found.json().as_array().expect("a list").clone();
    lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}
