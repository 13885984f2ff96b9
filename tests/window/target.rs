//! How a test names a thing in the window: as its reader would where that is possible.

use std::fmt;

use http::Method;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::common::requestdata::RequestData;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, SessionId, WebElement};

/// A thing in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// By role and name, as a screen reader speaks it: `Role("button", "Import")`.
    Role(&'a str, &'a str),
    /// The innermost thing whose whole text is this, white space folded.
    Text(&'a str),
    /// The innermost thing whose text contains this, white space folded.
    TextPart(&'a str),
    /// By CSS selector, where there is nothing to read.
    Css(&'a str),
}

impl Target<'_> {
    /// What to ask the driver for; for a role these are candidates, see [`Target::is_named`].
    pub(crate) fn selector(&self) -> By {
        match self {
            Target::Css(selector) => By::Css(*selector),
            Target::Text(text) => {
                let same = format!("normalize-space(.)={}", xpath_text(text));
                By::XPath(format!("//body//*[{same}][not(.//*[{same}])]"))
            }
            Target::TextPart(text) => {
                let part = format!("contains(normalize-space(.),{})", xpath_text(text));
                By::XPath(format!("//body//*[{part}][not(.//*[{part}])]"))
            }
            Target::Role(role, _) => By::Css(candidates(role)),
        }
    }

    /// Whether an element that the selector found is meant: for a role, the browser's own
    /// computation of role and name decides.
    pub(crate) async fn is_named(&self, element: &WebElement) -> WebDriverResult<bool> {
        match self {
            Target::Role(role, name) => Ok(computed(element, "computedrole").await? == *role
                && computed(element, "computedlabel").await? == *name),
            _ => Ok(true),
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Role(role, name) => write!(f, "{role} named {name:?}"),
            Target::Text(text) => write!(f, "text {text:?}"),
            Target::TextPart(text) => write!(f, "text with {text:?} in it"),
            Target::Css(selector) => write!(f, "element {selector:?}"),
        }
    }
}

/// The elements that can have a role: those that say so, and those of HTML that have it from
/// birth.
fn candidates(role: &str) -> String {
    let from_birth = match role {
        "button" => ",button,summary,input[type=button],input[type=submit]",
        "link" => ",a[href]",
        "textbox" => ",input:not([type]),input[type=text],textarea",
        "searchbox" => ",input[type=search]",
        "checkbox" => ",input[type=checkbox]",
        "heading" => ",h1,h2,h3,h4,h5,h6",
        "navigation" => ",nav",
        "main" => ",main",
        "dialog" => ",dialog",
        "list" => ",ul,ol",
        "listitem" => ",li",
        "combobox" => ",select",
        "option" => ",option",
        "table" => ",table",
        "row" => ",tr",
        "progressbar" => ",progress",
        "status" => ",output",
        _ => "",
    };
    format!("[role={role}]{from_birth}")
}

/// A text as XPath spells it; XPath knows no escapes.
fn xpath_text(text: &str) -> String {
    match text.contains('"') {
        false => format!("\"{text}\""),
        true => format!("concat(\"{}\")", text.replace('"', "\",'\"',\"")),
    }
}

/// The browser's own idea of an element, a call that the client library lacks: `computedrole` or
/// `computedlabel`.
async fn computed(element: &WebElement, what: &str) -> WebDriverResult<String> {
    #[derive(Debug)]
    struct Ask(String);

    impl FormatRequestData for Ask {
        fn format_request(&self, session: &SessionId) -> RequestData {
            RequestData::new(Method::GET, format!("session/{session}/element/{}", self.0))
        }
    }

    let ask = Ask(format!("{}/{what}", element.element_id()));
    element.handle().cmd(ask).await?.value()
}
