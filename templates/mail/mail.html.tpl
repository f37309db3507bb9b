{{%AUTOESCAPE context="HTML"}}
{{! Every mail. Mail programs know tables and inline styles, and hardly anything else. }}
<!doctype html>
<html lang="{{LANG}}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light">
  <meta name="supported-color-schemes" content="light">
  <title>{{SUBJECT}}</title>
</head>
<body style="margin:0;padding:0;background-color:#f3ece2;color:#221a26;-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden">{{m_mail_text__mail}}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#f3ece2">
<tr><td align="center" style="padding:24px 12px">
  <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;font-family:'Segoe UI',Roboto,Helvetica,Arial,'PingFang SC','Microsoft YaHei',sans-serif;font-size:16px;line-height:1.55;text-align:left">
  <tr><td style="padding:0 8px 16px;font-family:Georgia,'Songti SC',SimSun,serif;font-size:20px;font-weight:bold"><a href="{{PUBLIC_URL}}" style="color:#8a1c3f;text-decoration:none">{{m_site}}</a></td></tr>
  <tr><td style="padding:28px 24px;background-color:#ffffff;border:1px solid #e4dacd;border-radius:16px">
    <h1 style="margin:0 0 16px;font-family:Georgia,'Songti SC',SimSun,serif;font-size:26px;line-height:1.2;font-weight:bold">{{m_mail_title__mail}}</h1>
    <p style="margin:0 0 12px">{{#name}}{{m_mail_hello_name}}{{/name}}{{#no_name}}{{m_mail_hello}}{{/no_name}}</p>
    <p style="margin:0 0 20px">{{m_mail_text__mail}}{{#code}} {{m_failure__code}}{{/code}}{{#end_reason}} {{m_mail_end_reason__end_reason}}{{/end_reason}}{{#deadline}} {{m_mail_deadline__mail}}{{/deadline}}</p>
    {{#reason}}
    <p style="margin:0 0 20px;padding:12px 16px;background-color:#f8e6ea;border-radius:10px">{{reason}}</p>
    {{/reason}}
    {{#show}}
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 24px;background-color:#fbf7f1;border:1px solid #e4dacd;border-radius:12px">
    <tr><td style="padding:18px 20px">
      <p style="margin:0 0 6px;font-family:Georgia,'Songti SC',SimSun,serif;font-size:20px;line-height:1.25;font-weight:bold">{{title}}</p>
      {{#before}}<p style="margin:0;color:#645a68"><s>{{before_day}}, {{before_time}}</s></p>{{/before}}
      <p style="margin:0;font-weight:bold">{{starts_at_day}}, {{starts_at_time}}</p>
      <p style="margin:0">{{venue_name}}, {{hall_name}}</p>
      <p style="margin:0;color:#645a68">{{address}}, {{city_name}}</p>
      {{#amount}}
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:14px 0 0;border-top:1px solid #e4dacd">
      {{#seat_list}}<tr><td style="padding:10px 12px 0 0;color:#645a68;vertical-align:top">{{m_mail_seats}}</td><td align="right" style="padding:10px 0 0">{{seat_list}}</td></tr>{{/seat_list}}
      {{#places}}<tr><td style="padding:10px 12px 0 0;color:#645a68;vertical-align:top">{{m_mail_places}}</td><td align="right" style="padding:10px 0 0">{{places}}</td></tr>{{/places}}
      <tr><td style="padding:6px 12px 0 0;color:#645a68;vertical-align:top">{{m_mail_amount__mail}}</td><td align="right" style="padding:6px 0 0;font-weight:bold">{{amount}}</td></tr>
      </table>
      {{/amount}}
    </td></tr>
    </table>
    {{/show}}
    <table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="background-color:#8a1c3f;border-radius:999px">
      <a href="{{URL}}" style="display:inline-block;padding:13px 26px;color:#ffffff;font-weight:bold;text-decoration:none">{{m_mail_action__mail}}</a>
    </td></tr></table>
    {{#is_link}}<p style="margin:20px 0 0;font-size:14px;color:#645a68">{{m_mail_link}}<br><a href="{{URL}}" style="color:#8a1c3f;word-break:break-all">{{URL}}</a></p>{{/is_link}}
    <p style="margin:20px 0 0;font-size:14px;color:#645a68">{{m_mail_note__mail}}</p>
  </td></tr>
  <tr><td style="padding:16px 8px 0;font-size:13px;color:#645a68">{{m_mail_footer}}</td></tr>
  </table>
</td></tr>
</table>
</body>
</html>
