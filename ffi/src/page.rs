//! All that is recorded about a person as a page that leaves the program: to be printed, or for machines.

use crate::chibo::{Chibo, guarded};
use crate::descriptor;
use crate::error::ChiboError;
use crate::own::whom;
use chibo_core::domain::look::Look;
use chibo_device::edge::SystemChance;
use chibo_device::own_page::OwnPage;
use chibo_device::paper;
use chibo_device::words::Lang;

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PageForm {
    /// HTML, to be printed.
    Html,
    /// Plain text.
    Text,
    /// JSON, for machines.
    Json,
}

/// In which language a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PageLanguage {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

#[uniffi::export]
impl Chibo {
    /// All that is recorded about a member (`null`: about this device's owner), whose words it is, what was said against it
    /// and who else looked, as a file in UTF-8. **It is not sealed**: whoever has it reads it. Only the person, their branch's
    /// leaders and the office take it out, and that they did is noted ([`Chibo::about`] tells it), unless it is the person
    /// themself.
    pub fn own_page(
        &self,
        member: Option<String>,
        form: PageForm,
        language: PageLanguage,
    ) -> Result<Vec<u8>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let (role, member) = whom(h, member.as_deref())?;
            let look = match form {
                PageForm::Html | PageForm::Text => Look::Printed,
                PageForm::Json => Look::Exported,
            };
            // What cannot be noted is not given away.
            h.phone.note_look(member, look, now, &mut SystemChance)?;
            let (store, tree) = (h.phone.store(), h.phone.tree());
            let page = OwnPage::of(store, tree, role, member, today)?;
            let lang = match language {
                PageLanguage::Vi => Lang::Vi,
                PageLanguage::En => Lang::En,
            };
            let text = match form {
                PageForm::Html => paper::printed(&page.lines(lang), lang.code()),
                PageForm::Text => paper::plain(&page.lines(lang)),
                PageForm::Json => page.json(lang).to_string(),
            };
            Ok(text.into_bytes())
        })
    }

    /// The same into an open descriptor, which stays the caller's: a file that somebody chose a place for.
    pub fn own_page_into_descriptor(
        &self,
        descriptor: i32,
        member: Option<String>,
        form: PageForm,
        language: PageLanguage,
    ) -> Result<(), ChiboError> {
        let page = self.own_page(member, form, language)?;
        guarded(|| descriptor::write(descriptor, &page))
    }
}
