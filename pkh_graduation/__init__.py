"""pkh_graduation: from household records to an explained, fair, short list for each pendamping of PKH."""
