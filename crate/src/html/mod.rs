//! What every report of ours is written on: one HTML file that needs no other file, no script and no network, in
//! the reader's light or dark scheme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A whole document.
pub fn document(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { main { (body) } }
        }
    }
    .into_string()
}

/// A plot as it is drawn by the room `chart`. The namespace is needed by files that are SVG alone, not inside HTML.
pub fn chart(svg: &str) -> Markup {
    PreEscaped(svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""))
}

/// What is too wide for a phone, in a box of its own that scrolls, by keys too; `label` is what a screen reader calls it.
pub fn scroll(label: &str, content: &Markup) -> Markup {
    html! { div.scroll role="region" aria-label=(label) tabindex="0" { (content) } }
}

/// A PNG file inside the page.
pub fn png(bytes: &[u8], alt: &str) -> Markup {
    let data = format!("data:image/png;base64,{}", STANDARD.encode(bytes));
    html! { img src=(data) alt=(alt); }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_escapes_what_it_is_given_and_asks_for_nothing() {
        let page = document("<b>", &html! { p { "a & b" } (png(b"x", "\"quoted\"")) });
        assert!(page.contains("&lt;b&gt;") && page.contains("a &amp; b") && !page.contains("<b>"), "{page}");
        assert!(!page.contains("http") && !page.contains("<script"), "the page asks for something: {page}");
    }
}
