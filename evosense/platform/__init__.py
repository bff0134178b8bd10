"""The platform's own people and what they do: companies, contracts. They never see a conversation."""
