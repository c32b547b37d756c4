//! Labels and notes in English. Its twin is `label_ja`.

use crate::words::{Label, Note};

/// A few words on a control.
///
/// Long: one `match` over all labels, so that one without its words does not compile.
pub(super) fn label(label: Label) -> &'static str {
    match label {
        Label::Overview => "Overview",
        Label::Hosts => "Hosts",
        Label::TilesName => "The queue in numbers",
        Label::TileWaiting => "recipients waiting",
        Label::TileOldest => "oldest message",
        Label::TileDelivered => "delivered in the last minute",
        Label::TileDeferred => "soft bounced in the last minute",
        Label::TileBounced => "hard bounced in the last minute",
        Label::TileConnections => "connections out",
        Label::NeedsAttention => "Needs attention",
        Label::OurSide => "On our side",
        Label::MailServers => "Mail servers",
        Label::WhatTheySaid => "What they said last",
        Label::WaitingMessages => "Waiting messages",
        Label::CountersAndGauges => "Counters and gauges",
        Label::NotTried => "not tried yet",
        Label::BackToHosts => "All hosts",
        Label::MainNavigation => "Main",
        Label::SkipToContent => "Skip to content",
        Label::LanguageSwitch => "Language",
        Label::ThemeSwitch => "Theme",
        Label::ThemeLight => "Light",
        Label::ThemeDark => "Dark",
        Label::ThemeSystem => "System",
        Label::ServerTime => "Server time",
        Label::Connecting => "connecting",
        Label::Live => "live",
        Label::Stale => "no news",
        Label::Reconnecting => "reconnecting",
        Label::Now => "Now",
        Label::Reload => "Reload",
        Label::FilterHosts => "Filter hosts",
        Label::FilterHint => "Words in the domain, status:down, cause:host_down",
        Label::ClearFilter => "Clear filter",
        Label::SelectHost => "Select",
        Label::ClearSelection => "Clear selection",
        Label::RetryChosen => "Retry selected…",
        Label::RetryMatching => "Retry matching…",
        Label::QuickFilters => "Quick filters",
        Label::All => "All",
        Label::Waiting => "Waiting",
        Label::TableOfHosts => "Destination domains and their delivery status",
        Label::Polling => "polling",
        Label::OrderChanged => "Order changed",
        Label::ApplyOrder => "apply",
        Label::DueNow => "now",
        Label::OnHold => "held",
        Label::WhenSlotFrees => "when free",
        Label::NoAttemptYet => "no attempt yet",
        Label::Copy => "Copy",
        Label::Copied => "Copied",
        Label::RetryAllDelivery => "Retry All Delivery",
        Label::Retry => "Retry",
        Label::ModeCanary => "One message of each host first, the rest only if it is accepted",
        Label::ModeAll => "All at once, within the limits",
        Label::Reason => "Reason",
        Label::Undo => "Undo",
        Label::Actions => "Actions",
        Label::Cancel => "Cancel",
        Label::Dismiss => "Dismiss",
        Label::Keys => "Keys",
        Label::KeyFilter => "Filter the list",
        Label::KeyNextRow => "Next row",
        Label::KeySelect => "Select the row; with Shift, all rows up to it",
        Label::KeyPreviousRow => "Previous row",
        Label::KeyHelp => "Show these keys",
        Label::KeyClose => "Close",
        Label::GoToHosts => "Go to Hosts",
        Label::NoSuchPage => "There is no page here",
        Label::SignInTitle => "Sign in to Nexthop",
        Label::SignIn => "Sign in",
        Label::SignOut => "Sign out",
        Label::UserName => "Name",
        Label::Password => "Password",
        Label::SetUpTitle => "Set up the console",
        Label::SetUp => "Create the admin and sign in",
        Label::SetUpToken => "One-time token",
    }
}

/// A whole sentence.
pub(super) fn note(note: Note) -> &'static str {
    match note {
        Note::LabBanner => {
            "This is a playground: its mail and its destinations are made up, and nothing leaves this machine."
        }
        Note::ConsoleUpdated => "The console was updated.",
        Note::PollingHint => {
            "Something between this browser and the server blocks websockets, most often a proxy that does not pass \
             Upgrade on. Until it does, the page asks every 5 seconds."
        }
        Note::ConnectedAgain => "Connected again.",
        Note::NotConnected => "Not possible at the moment: there is no connection to the server.",
        Note::NothingNeedsAttention => "No host is down, limited or held while mail waits for it.",
        Note::NoRecordOfHost => {
            "Nothing waits for this domain, and nothing was delivered to it in the last three hours."
        }
        Note::ReceivingStopped => {
            "This server takes no new mail at the moment, since its disk is full or fails. What waits is still \
             delivered. Make room in its data directory; it then goes on by itself."
        }
        Note::Stopping => "This server finishes what is in hand and stops.",
        Note::NoMailWaiting => "No mail is waiting.",
        Note::AllMailHasLeft => "Everything that was handed in has left the queue.",
        Note::NoMailHandedIn => "No mail has been handed in yet.",
        Note::HandInByCommand => "Hand in a first message by SMTP, for example with this command:",
        Note::LoadingHosts => "Loading…",
        Note::NoSuchPageHint => "The address may be mistyped, or the page has moved.",
        Note::RetryQuestion => "Retry delivery now?",
        Note::NoActions => "Nothing was done since the server started.",
        Note::RetryLimitsHold => "Limits still hold: connections and rates stay as they are. Held mail stays held.",
        Note::RetryNothingWaits => "No mail is waiting, so there is nothing to retry.",
        Note::RetryAsked => "Waiting for the server's answer…",
        Note::RetryUnanswered => {
            "The connection broke before the server answered. The request is repeated when it is back, and happens once."
        }
        Note::SetUpLead => {
            "Nobody can sign in yet. Enter the one-time token from the server's log (it is in the file setup-token of \
             its data directory too), and choose the name and password of the first admin."
        }
        Note::SetUpAlready => "The console is set up already. Sign in, or ask its admin for a user.",
        Note::SetUpTokenWrong => {
            "This is not the one-time token of the latest start, or it is over an hour old. Restart the server for a \
             new one, or run “nexthop user add NAME” on its machine."
        }
        Note::PasswordRule => "A password has 12 to 128 characters.",
        Note::NameRule => "A name has 1 to 64 of these: a to z, 0 to 9, and . _ - @",
        Note::SignInWrong => "Name or password is wrong.",
        Note::SignInTooOften => "Too many tries. Wait a quarter of an hour, then try again.",
        Note::SignInFailed => "The server refused. Its log says why.",
        Note::ServerUnreached => "The server did not answer. Try again.",
    }
}
