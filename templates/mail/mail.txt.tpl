{{#name}}{{m_mail_hello_name}}{{/name}}{{#no_name}}{{m_mail_hello}}{{/no_name}}

{{m_mail_text__mail}}{{#code}} {{m_failure__code}}{{/code}}{{#end_reason}} {{m_mail_end_reason__end_reason}}{{/end_reason}}{{#deadline}} {{m_mail_deadline__mail}}{{/deadline}}
{{#reason}}
{{reason}}
{{/reason}}
{{#show}}
{{title}}
{{#before}}{{m_mail_before}}
{{/before}}{{starts_at_day}}, {{starts_at_time}}
{{venue_name}}, {{hall_name}}
{{address}}, {{city_name}}
{{#seat_list}}{{m_mail_seats}}: {{seat_list}}
{{/seat_list}}{{#places}}{{m_mail_places}}: {{places}}
{{/places}}{{#amount}}{{m_mail_amount__mail}}: {{amount}}
{{/amount}}{{/show}}
{{m_mail_action__mail}}:
{{URL}}

{{m_mail_note__mail}}

-- 
{{m_site}}
{{PUBLIC_URL}}
{{m_mail_footer}}
