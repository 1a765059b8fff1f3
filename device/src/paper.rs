//! Pages that leave the program to be printed or read by somebody else: lines that stand in by so far, as plain text or as
//! HTML without scripts. Whatever people wrote is escaped.
//!
//! Does not know: what the lines are about.

use std::fmt::Write;

/// One line: how far it stands in, and what it says. The first is the page's title.
pub type Line = (usize, String);

/// Text made harmless inside HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// As plain text.
pub fn plain(lines: &[Line]) -> String {
    let lines = lines.iter();
    let lines: Vec<String> = lines
        .map(|(depth, line)| format!("{}{line}", "  ".repeat(*depth)))
        .collect();
    lines.join("\n")
}

/// To be printed: plain HTML. `lang`: its language, as `vi`.
pub fn printed(lines: &[Line], lang: &str) -> String {
    let title = lines.first().map_or("", |(_, line)| line);
    let mut html = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>\
         body{{font:12pt/1.4 serif;margin:1rem auto;max-width:42rem;padding:0 1rem}}h1{{font-size:15pt}}\
         h2{{font-size:12pt;margin:1.2em 0 .3em;border-bottom:1px solid #999}}p{{margin:.3em 0}}\
         small{{display:block;color:#444}}.d2{{margin-left:1.5em;padding-left:.5em;border-left:3px solid #999}}\
         @page{{margin:2cm}}@media print{{body{{margin:0;max-width:none;padding:0}}p{{break-inside:avoid}}}}\
         </style></head><body>",
        escape(title)
    );
    for (i, (depth, line)) in lines.iter().enumerate() {
        // Who typed it stands smaller under what was said.
        let line = match escape(line).split_once("  — ") {
            Some((said, typed)) => format!("{said}<small>{typed}</small>"),
            None => escape(line),
        };
        // Writing to a string cannot fail.
        let _ = match (i, depth) {
            (0, _) => write!(html, "<h1>{line}</h1>"),
            (_, 0) => write!(html, "<h2>{line}</h2>"),
            _ => write!(html, "<p class=\"d{depth}\">{line}</p>"),
        };
    }
    html.push_str("</body></html>");
    html
}
