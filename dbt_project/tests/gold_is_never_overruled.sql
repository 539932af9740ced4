-- Where all gold labels of an address agree, every strategy that labels it gives the same label.
with gold as (

    select votes.address_key as address_key, any(votes.vote) as gold_label
    from {{ ref('int_label_votes') }} as votes
    where votes.kind = 'gold'
    group by address_key
    having min(votes.vote) = max(votes.vote)

)

select labels.network, labels.processing_date, labels.window_days, labels.address, labels.strategy, labels.label, gold.gold_label
from {{ ref('fct_address_labels') }} as labels
inner join gold on gold.address_key = labels.address_key
where labels.label != gold.gold_label
