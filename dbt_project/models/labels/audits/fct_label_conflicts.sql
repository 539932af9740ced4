with votes as (

    select
        network,
        processing_date,
        window_days,
        address,
        address_key,
        toString(voice) as voice,
        if(source = '', rule_id, source) as publisher,
        kind = 'gold' as is_gold,
        vote,
        confidence,
        evidence,
        arrayFilter(name -> name != '', arrayMap(name -> {{ normalised_name('name') }}, splitByString('; ', evidence))) as names
    from {{ ref('int_label_votes') }}

),

addresses as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        any(votes.address) as address,
        address_key,
        arraySort(groupArray(concat(
            publisher, ': ', if(evidence = '', '', concat(evidence, ' ')),
            if(vote = 1, '(risky, ', '(benign, '), toString(round(confidence, 2)), ')'
        ))) as opinions,
        count() as vote_count,
        uniqExact(voice) as voice_count,
        sum(vote) as risky_vote_count,
        countIf(is_gold) as gold_count,
        countIf(is_gold and vote = 1) as gold_risky_count,
        -- Only the evidence of gold labels is a name; that of rules is a reason.
        groupArrayIf(tuple(voice, names), is_gold and vote = 1 and notEmpty(names)) as names_of_voices
    from votes
    group by address_key
    having vote_count > 1

),

compared as (

    select
        *,
        risky_vote_count > 0 and risky_vote_count < vote_count as is_opinion,
        gold_risky_count > 0 and gold_risky_count < gold_count as is_gold_opinion,
        arraySort(arrayDistinct(arrayFlatten(names_of_voices.2))) as risky_names,
        arrayMap(
            voice -> arrayFlatten(arrayMap(other -> if(other.1 = voice, other.2, []), names_of_voices)),
            arrayDistinct(names_of_voices.1)
        ) as names_by_voice,
        -- Voices with a name in common agree, whatever other names they give.
        length(names_by_voice) > 1
        and not arrayExists(name -> arrayAll(names -> has(names, name), names_by_voice), risky_names) as is_name
    from addresses
    where is_opinion or is_name

),

decided as (

    select address_key, label, label_source, rule_id
    from {{ ref('fct_address_labels') }}
    where strategy = 'address_labels'

),

final as (

    select
        compared.network as network,
        compared.processing_date as processing_date,
        compared.window_days as window_days,
        compared.address as address,
        compared.address_key as address_key,
        if(compared.is_opinion, 'opinion', 'name') as kind_of_conflict,
        compared.is_gold_opinion or compared.is_name as is_among_gold,
        compared.opinions as opinions,
        compared.vote_count as vote_count,
        compared.voice_count as voice_count,
        compared.risky_vote_count as risky_vote_count,
        compared.vote_count - compared.risky_vote_count as benign_vote_count,
        compared.risky_names as risky_names,
        decided.label as decided_label,
        if(decided.label_source = '', decided.rule_id, decided.label_source) as decided_source
    from compared
    left join decided on decided.address_key = compared.address_key

)

select * from final
