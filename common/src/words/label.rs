//! Texts without parameters: labels (a few words on a control) and notes (whole sentences).

macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($(#[$arm:meta])* $text:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$arm])* $text,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$text,)*];
        }
    };
}

texts! {
    /// A few words on a control.
    Label {
        /// The page *Overview*, in the rail and as its title.
        Overview,
        /// The page *Hosts* in the rail.
        Hosts,
        /// Name of the group of tiles.
        TilesName,
        /// Tile: recipients in the queue.
        TileWaiting,
        /// Tile: age of the oldest message.
        TileOldest,
        /// Tile: recipients delivered in the latest minute.
        TileDelivered,
        /// Tile: temporary failures in the latest minute.
        TileDeferred,
        /// Tile: final failures in the latest minute.
        TileBounced,
        /// Tile: sessions.
        TileConnections,
        /// Title over the hosts in trouble.
        NeedsAttention,
        /// Title over what is wrong with this server.
        OurSide,
        /// Heading of exchangers and their addresses.
        MailServers,
        /// Heading of the latest replies.
        WhatTheySaid,
        /// Heading of the messages that wait.
        WaitingMessages,
        /// Heading of counters and gauges.
        CountersAndGauges,
        /// An address that nothing is known of.
        NotTried,
        /// Leads from a host back to the list.
        BackToHosts,
        /// Name of the rail for those who hear it.
        MainNavigation,
        /// Link over the rail and the bar.
        SkipToContent,
        /// Name of the language switch.
        LanguageSwitch,
        /// Name of the theme switch.
        ThemeSwitch,
        /// Light theme.
        ThemeLight,
        /// Dark theme.
        ThemeDark,
        /// The theme of the system.
        ThemeSystem,
        /// What the clock shows.
        ServerTime,
        /// First connection under way.
        Connecting,
        /// Frames come.
        Live,
        /// No frame for a while.
        Stale,
        /// The connection is lost.
        Reconnecting,
        /// Do not wait any longer.
        Now,
        /// Load the page anew.
        Reload,
        /// Name of the filter field.
        FilterHosts,
        /// What may be typed there.
        FilterHint,
        /// Empties the filter.
        ClearFilter,
        /// Chooses a host, whose name follows; head of that column.
        SelectHost,
        /// Chooses no host any more.
        ClearSelection,
        /// Retries the hosts that are chosen.
        RetryChosen,
        /// Retries what the filter shows.
        RetryMatching,
        /// Name of the group of chips.
        QuickFilters,
        /// Chip: every host.
        All,
        /// Chip: hosts with mail.
        Waiting,
        /// Name of the table.
        TableOfHosts,
        /// Websockets do not come through.
        Polling,
        /// The rows would stand in another order.
        OrderChanged,
        /// Put them in that order.
        ApplyOrder,
        /// Next try: at once.
        DueNow,
        /// Next try: when somebody lets go.
        OnHold,
        /// Next try: when a connection is free.
        WhenSlotFrees,
        /// Never tried so far.
        NoAttemptYet,
        /// Put into the clipboard.
        Copy,
        /// It is there.
        Copied,
        /// The seed's button.
        RetryAllDelivery,
        /// The button of the dialog.
        Retry,
        /// How: one message of each host first.
        ModeCanary,
        /// How: everything.
        ModeAll,
        /// Field: why.
        Reason,
        /// Take it back.
        Undo,
        /// The page of what was done.
        Actions,
        /// Close without doing anything.
        Cancel,
        /// Close the receipt.
        Dismiss,
        /// Title of the list of keys.
        Keys,
        /// Goes to the filter.
        KeyFilter,
        /// Goes to the next row.
        KeyNextRow,
        /// What `x` does.
        KeySelect,
        /// Goes to the row before.
        KeyPreviousRow,
        /// Shows the list of keys.
        KeyHelp,
        /// Closes what is open.
        KeyClose,
        /// Link of the page that does not exist.
        GoToHosts,
        /// Title of the page that does not exist.
        NoSuchPage,
        /// Title of the page where people sign in.
        SignInTitle,
        /// The button there.
        SignIn,
        /// Leave the console.
        SignOut,
        /// Field: who signs in.
        UserName,
        /// Field: their password.
        Password,
        /// Title of the page that makes the first admin.
        SetUpTitle,
        /// The button there.
        SetUp,
        /// Field: the token of the log.
        SetUpToken,
    }
}

texts! {
    /// A whole sentence.
    Note {
        /// Over the lab's pages.
        LabBanner,
        /// A newer build is running.
        ConsoleUpdated,
        /// Websockets do not come through: what to do.
        PollingHint,
        /// The connection is back.
        ConnectedAgain,
        /// Why buttons are off.
        NotConnected,
        /// No host is in trouble.
        NothingNeedsAttention,
        /// The page of a host without a record.
        NoRecordOfHost,
        /// This server takes no mail: disk.
        ReceivingStopped,
        /// This server is about to stop.
        Stopping,
        /// The queue is empty.
        NoMailWaiting,
        /// No rows, since all mail has gone.
        AllMailHasLeft,
        /// Nothing was ever handed in.
        NoMailHandedIn,
        /// How to hand something in.
        HandInByCommand,
        /// No row came yet.
        LoadingHosts,
        /// The address in the bar leads nowhere.
        NoSuchPageHint,
        /// Title of the retry dialog.
        RetryQuestion,
        /// The page of actions is empty.
        NoActions,
        /// What a retry leaves alone.
        RetryLimitsHold,
        /// Nothing to retry.
        RetryNothingWaits,
        /// The request is on its way.
        RetryAsked,
        /// The request is on its way, but the connection is not there.
        RetryUnanswered,
        /// What the page of the first admin is for, and where the token is.
        SetUpLead,
        /// There is a user already.
        SetUpAlready,
        /// Not the token of this start, or too old.
        SetUpTokenWrong,
        /// What a password must be.
        PasswordRule,
        /// What a name must be.
        NameRule,
        /// Name or password is wrong; which is not said.
        SignInWrong,
        /// Too many failed tries.
        SignInTooOften,
        /// Refused for another reason.
        SignInFailed,
        /// The server did not answer.
        ServerUnreached,
    }
}
