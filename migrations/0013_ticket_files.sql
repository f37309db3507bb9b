-- Two more kinds of answers: tickets on paper, and in a calendar.
alter table api.route
    drop constraint route_answer_known,
    add constraint route_answer_known check (answer in ('json', 'page', 'redirect', 'file', 'qr', 'pdf', 'ics'));
