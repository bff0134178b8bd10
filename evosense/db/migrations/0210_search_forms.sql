-- Mistyped words are corrected by words as people write them. Compared by their lexemes, as 0080 had it, one slip in a
-- word is often two or more: "entrga" has another ending than "entrega", so its stem is "entrg" instead of "entreg".

create table app.search_form (
    tenant_id uuid not null,
    -- As written, without accents and in lower case; looked up by equality only, so byte order will do.
    form text collate "C" not null,
    -- What search_vector() keeps of it.
    lexeme text not null,
    documents integer not null,
    -- Of a long word's two slips at most one is likely to be at its ends: candidates share the beginning or the end.
    head text collate "C" not null generated always as (left(form, 3)) stored,
    tail text collate "C" not null generated always as (right(form, 3)) stored,
    primary key (tenant_id, form)
);
create index search_form_head on app.search_form (tenant_id, head);
create index search_form_tail on app.search_form (tenant_id, tail);
comment on table app.search_form is
'One row per form of a word that messages of at least two chats of a tenant hold, with their number; what only one person writes or is called is in none. Made anew by the asset search_vocabulary, so an erased word leaves it.';
call app.protect('app.search_form');
grant select on app.search_form to evosense_api;
grant select, insert, delete on app.search_form to evosense_pipeline;

drop index app.search_word_head;
drop index app.search_word_tail;
alter table app.search_word drop column head, drop column tail;
