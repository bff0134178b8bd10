"""What matters of the canonical event of each captured example."""

from datetime import UTC, datetime
from typing import Any

MARCOS = "5511977776666@s.whatsapp.net"
SENT = datetime(2026, 11, 20, 23, 10, tzinfo=UTC)

# name of the example -> what matters of its first canonical event
EXPECTED: dict[str, dict[str, Any]] = {
    "call": {"action": "ignored"},
    "chats_set": {"action": "chat", "chat_jid": "5511944443333@s.whatsapp.net", "push_name": "Dona Célia"},
    "chats_update": {"action": "chat", "chat_jid": MARCOS},
    "chats_upsert": {"action": "chat", "push_name": "Novo"},
    "connection_update": {"action": "connection", "status": "connecting"},
    "connection_update_close": {"action": "connection", "details": {"state": "close", "reason": 401}},
    "connection_update_open": {"action": "connection", "status": "open"},
    "connection_update_refused": {"action": "connection", "status": "refused"},
    "contacts_update_dict": {"action": "contact", "chat_jid": MARCOS, "push_name": "Marcos Vieira"},
    "contacts_upsert_dict": {"action": "contact", "push_name": "Caio"},
    "contacts_upsert_group_with_senders_name": {"action": "contact", "push_name": None},
    "contacts_upsert_list": {"action": "contact", "push_name": "Dona Célia"},
    "delete_by_sender": {"action": "delete", "message_id": "3EB0AAAA0002", "deleted": True, "from_me": False},
    "edited_message_edit": {
        "action": "edit",
        "edited_of": "3EB0AAAA0001",
        "text": "Bom dia! Vocês abrem amanhã?",
        "changed_at": datetime(2026, 11, 20, 23, 11, 40, tzinfo=UTC),
    },
    "group_participants_update": {
        "action": "group",
        "jid_pairs": (("112233445566778@lid", "5511966665555@s.whatsapp.net"),),
    },
    "presence_update": {"action": "ignored"},
    "qrcode_updated": {"action": "connection", "status": "qrcode", "raw": None},
    "send_message": {"action": "message", "from_me": True, "event_kind": "send.message", "push_name": None},
    "send_message_evolution_channel": {
        "action": "message",
        "chat_jid": "5511988887777@s.whatsapp.net",
        "author_jid": None,
    },
    "send_message_update": {"action": "edit", "edited_of": "3EB0C0FFEE000001"},
    "update_delivery_ack": {"action": "status", "message_id": "3EB0AAAA0009", "status": "DELIVERY_ACK"},
    "update_edit": {"action": "edit", "edited_of": "3EB0AAAA0001", "text": "Bom dia! Vocês abrem amanhã?"},
    "update_read": {"action": "status", "status": "READ"},
    "upsert_audio_ptt": {"action": "message", "type": "audioMessage", "text": None},
    "upsert_conversation": {
        "action": "message",
        "message_id": "3EB0AAAA0001",
        "chat_jid": MARCOS,
        "author_jid": MARCOS,
        "from_me": False,
        "sent_at": SENT,
        "text": "Bom dia! Vocês abrem hoje?",
        "push_name": "Marcos Vieira",
        "instance": "loja-b",
    },
    "upsert_evolution_channel": {"action": "message", "text": "Quero remarcar minha consulta para sexta"},
    "upsert_extended_text_quote": {"action": "message", "text": "Sim, esse mesmo 👍", "quoted_id": "3EB0AAAA0001"},
    "upsert_from_me_phone": {
        "action": "message",
        "from_me": True,
        "author_jid": "5511900000002@s.whatsapp.net",
        "push_name": None,
    },
    "upsert_group_participant_pn": {
        "action": "message",
        "chat_jid": "120363041234567890@g.us",
        "author_jid": "5511966665555@s.whatsapp.net",
    },
    "upsert_image_caption": {"action": "message", "type": "imageMessage", "text": "Olha o comprovante do Pix"},
    "upsert_lid_rewritten_to_pn": {"action": "message", "chat_jid": "5511955554444@s.whatsapp.net"},
    "upsert_location": {"action": "message", "type": "locationMessage", "text": "Praça da Sé"},
    "upsert_reaction": {
        "action": "reaction",
        "text": "❤️",
        "reaction_target_id": "3EB0AAAA0001",
        "message_id": "3EB0AAAA0006",
        "changed_at": datetime(2026, 11, 20, 23, 10, 0, 123000, tzinfo=UTC),
    },
}
