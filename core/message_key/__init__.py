"""Message keys and topic names of draft-ietf-nmop-yang-message-broker-message-key-02."""
