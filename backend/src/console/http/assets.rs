//! The page: files that were built into the binary, compressed beforehand, with the policy that keeps it honest.
//!
//! Promises: a file comes in the best form that the browser takes; what has a hash in its name is kept for ever, the
//! page itself is asked for each time; the content security policy names each inline script of the page by its hash.
//! Never: a file from outside of the build, a path that climbs.

use super::Shared;
use super::refusal::{Refusal, nothing_here, wrong_method};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The console as `cargo xtask build` made it. A fresh checkout compiles before that.
#[derive(rust_embed::RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

/// A file of the page.
#[derive(Clone, Debug)]
pub struct SiteFile {
    /// What is in it.
    pub data: Cow<'static, [u8]>,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

/// Where the page's files come from.
pub trait Site: Send + Sync + 'static {
    /// A file by its path, without a leading slash.
    fn file(&self, path: &str) -> Option<SiteFile>;
}

/// The files inside the binary.
#[derive(Clone, Copy, Debug)]
pub struct Embedded;

impl Site for Embedded {
    fn file(&self, path: &str) -> Option<SiteFile> {
        let file = Dist::get(path)?;
        Some(SiteFile { digest: file.metadata.sha256_hash(), data: file.data })
    }
}

const INDEX: &str = "index.html";
/// The console's own addresses that are no page.
const RESERVED: [&str; 4] = ["api", "metrics", "healthz", "readyz"];

/// Below it a domain follows.
const HOST_PAGES: &str = "hosts";

/// Every address that is no API: a file, or the page, which finds its own way.
pub(super) async fn page(State(shared): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or("");
    if RESERVED.contains(&first) {
        return Err(nothing_here());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(wrong_method().await);
    }
    let site = &*shared.console.site;
    let last = path.rsplit('/').next().unwrap_or("");
    let climbs = path.split('/').any(|part| part == ".." || part.contains('\\'));
    if !path.is_empty() && !climbs && site.file(path).is_some() {
        return Ok(serve(site, path, request.headers()));
    }
    // A host's page has its domain in the address: only there a dot is no file's.
    let names_file = last.contains('.') && first != HOST_PAGES;
    if names_file || climbs {
        return Err(nothing_here());
    }
    match site.file(INDEX) {
        Some(_) => Ok(serve(site, INDEX, request.headers())),
        None => Ok(not_built()),
    }
}

/// A file in the best form that the browser takes.
fn serve(site: &dyn Site, path: &str, asked: &HeaderMap) -> Response {
    let forms = [("br", ".br"), ("gzip", ".gz")];
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let packed = forms.iter().find_map(|(coding, ending)| {
        let found = accepts(accepted, coding).then(|| site.file(&format!("{path}{ending}"))).flatten()?;
        Some((found, Some(*coding)))
    });
    let Some((file, coding)) = packed.or_else(|| Some((site.file(path)?, None))) else {
        return nothing_here().into_response();
    };
    let tag = format!("\"{}\"", hex(&file.digest[..12]));
    let mut response = if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        axum::body::Body::from(match file.data {
            Cow::Borrowed(data) => axum::body::Bytes::from_static(data),
            Cow::Owned(data) => axum::body::Bytes::from(data),
        })
        .into_response()
    };
    let keep = if has_hash(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let fields = response.headers_mut();
    put(fields, header::CONTENT_TYPE, media_type(path));
    put(fields, header::CACHE_CONTROL, keep.into());
    put(fields, header::VARY, "accept-encoding".into());
    put(fields, header::ETAG, tag);
    if let Some(coding) = coding {
        put(fields, header::CONTENT_ENCODING, coding.into());
    }
    if path.ends_with(".html") {
        let page = site.file(path).map(|page| page.data).unwrap_or_default();
        put(fields, header::CONTENT_SECURITY_POLICY, policy(&String::from_utf8_lossy(&page)));
    }
    response
}

fn put(fields: &mut HeaderMap, field: header::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        fields.insert(field, value);
    }
}

/// Whether `Accept-Encoding` names the coding and does not give it the weight 0 (RFC 9110 §12.5.3).
fn accepts(field: &str, coding: &str) -> bool {
    field.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|part| {
            part.strip_prefix("q=").is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0))
        });
        named && !refused
    })
}

/// Whether the name carries a hash of the content, as the bundler writes it: a part of 12 hexadecimal digits or more.
fn has_hash(path: &str) -> bool {
    path.split(['-', '_', '.', '/']).any(|part| part.len() >= 12 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// By the name's ending. Text is UTF-8.
fn media_type(path: &str) -> String {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
    .into()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The content security policy of a page: itself, nothing else, and its own inline scripts and styles by their hash.
fn policy(page: &str) -> String {
    let (scripts, styles) = (inline_hashes(page, "script"), inline_hashes(page, "style"));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'{styles}; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

/// ` 'sha256-…'` for each element of this kind that has content and no `src`.
fn inline_hashes(page: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}"));
    let folded = page.to_ascii_lowercase();
    let mut hashes = String::new();
    let mut from = 0;
    while let Some(start) = folded[from..].find(&open).map(|at| from + at) {
        let Some(head) = folded[start..].find('>').map(|at| start + at) else { break };
        let Some(end) = folded[head..].find(&close).map(|at| head + at) else { break };
        let (tag, content) = (&folded[start..head], &page[head + 1..end]);
        if !tag.contains(" src=") && !content.is_empty() {
            let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content.as_bytes()));
            hashes.push_str(&format!(" 'sha256-{digest}'"));
        }
        from = end + close.len();
    }
    hashes
}

/// What a browser sees when the binary was built without the console.
fn not_built() -> Response {
    let page = "The console is not in this binary.\n\nBuild it with:  cargo xtask build\n\n\
                The API is at /api/v1/status and /api/v1/hosts; the verbs (nexthop tophosts, …) work as well.\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_only_if_it_is_named_and_not_refused() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("br; q=0.000", "br"));
        assert!(!accepts("gzip, broad", "br"));
        assert!(!accepts("", "br"));
    }

    #[test]
    fn the_policy_names_inline_scripts_and_no_others() {
        // The digest is of `alert(1)`, as `openssl dgst -sha256 -binary | base64` gives it.
        let page = "<script src=\"/a.js\"></script><SCRIPT type=module>alert(1)</SCRIPT><style></style>";
        let policy = policy(page);
        assert!(
            policy.contains(
                "script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='; "
            ),
            "{policy}"
        );
        assert!(policy.contains("style-src 'self'; "), "{policy}");
        assert!(!policy.contains("unsafe-inline"));
    }

    #[test]
    fn only_a_name_with_a_hash_is_kept_for_ever() {
        assert!(has_hash("frontend-1a2b3c4d5e6f7081_bg.wasm"));
        assert!(has_hash("snippets/part-0123456789abcdef/inline0.js"));
        assert!(!has_hash("index.html") && !has_hash("icon.svg") && !has_hash("defaced.css"));
    }
}
