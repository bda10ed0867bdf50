"""Why a person got a mail, or did not: what the topics say of them, in words."""
