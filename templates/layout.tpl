{{%AUTOESCAPE context="HTML"}}
<!doctype html>
<html lang="{{LANG}}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  {{! Their address holds a token, and the gateway's log of errors the address that a request came from. }}
  {{#PAGE_verify}}
  <meta name="referrer" content="origin">
  {{/PAGE_verify}}
  {{#PAGE_reset}}
  <meta name="referrer" content="origin">
  {{/PAGE_reset}}
  <title>{{TITLE}} · {{m_site}}</title>
  {{#PAGE_home}}{{>_head_shared}}{{/PAGE_home}}
  {{#PAGE_city}}{{>_head_shared}}{{/PAGE_city}}
  {{#PAGE_times}}{{>_head_shared}}{{/PAGE_times}}
  {{#PAGE_venue}}{{>_head_shared}}{{/PAGE_venue}}
  {{#PAGE_event}}{{>_head_shared}}{{/PAGE_event}}
  {{#PAGE_show}}{{>_head_shared}}{{/PAGE_show}}
  {{#PAGE_terms}}{{>_head_shared}}{{/PAGE_terms}}
  {{#PAGE_privacy}}{{>_head_shared}}{{/PAGE_privacy}}
  <link rel="icon" href="/static/icons/logo.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/bootstrap.min.css?v={{ASSETS:u}}">
  <link rel="stylesheet" href="/static/app.css?v={{ASSETS:u}}">
  <link rel="stylesheet" href="/static/posters.css?v={{ASSETS:u}}">
  {{#PAGE_show}}
  <link rel="stylesheet" href="/static/seatmap.css?v={{ASSETS:u}}">
  <script type="module" src="/static/seatmap.js?v={{ASSETS:u}}"></script>
  {{/PAGE_show}}
  {{#PAGE_booking}}
  <link rel="stylesheet" href="/static/booking.css?v={{ASSETS:u}}">
  <script type="module" src="/static/booking.js?v={{ASSETS:u}}"></script>
  {{/PAGE_booking}}
  {{#PAGE_waitlist}}
  <link rel="stylesheet" href="/static/booking.css?v={{ASSETS:u}}">
  <script type="module" src="/static/waitlist.js?v={{ASSETS:u}}"></script>
  {{#is_offered}}<meta http-equiv="refresh" content="0; url=/bookings/{{booking_id}}">{{/is_offered}}
  {{#is_waiting}}<noscript><meta http-equiv="refresh" content="5"></noscript>{{/is_waiting}}
  {{#is_buying}}<noscript><meta http-equiv="refresh" content="3"></noscript>{{/is_buying}}
  {{/PAGE_waitlist}}
  {{#PAGE_checkin}}
  <link rel="stylesheet" href="/static/checkin.css?v={{ASSETS:u}}">
  <script type="module" src="/static/checkin.js?v={{ASSETS:u}}"></script>
  {{/PAGE_checkin}}
  <script type="module" src="/static/forms.js?v={{ASSETS:u}}"></script>
  {{#is_paying}}<noscript><meta http-equiv="refresh" content="3"></noscript>{{/is_paying}}
</head>
<body>
  <a class="skip-link" href="#main">{{m_skip}}</a>
  <header class="site-header">
    <div class="container">
      <a class="brand" href="/"><img src="/static/icons/logo.svg" alt="" width="30" height="30"><span>{{m_site}}</span></a>
      {{#no_hide_search}}
      <form class="header-search" action="/search" role="search">
        <label class="visually-hidden" for="header-q">{{m_search}}</label>
        <input class="form-control" id="header-q" type="search" name="q" maxlength="200" placeholder="{{m_search_hint}}" autocomplete="off">
        <button><span class="icon icon-search" aria-hidden="true"></span><span class="visually-hidden">{{m_search}}</span></button>
      </form>
      {{/no_hide_search}}
      <nav class="site-nav" aria-label="{{m_site_nav}}">
        <a class="only-phone" href="/search"><span class="icon icon-search" aria-hidden="true"></span><span class="visually-hidden">{{m_search}}</span></a>
        {{#LANG_EN}}<a href="{{LANG_ZH_URL}}" hreflang="zh" lang="zh">中文</a>{{/LANG_EN}}
        {{#LANG_ZH}}<a href="{{LANG_EN_URL}}" hreflang="en" lang="en">English</a>{{/LANG_ZH}}
        {{#STAFF}}<a href="/admin"><span class="icon icon-user" aria-hidden="true"></span><span class="nav-text">{{m_admin}}</span></a>{{/STAFF}}
        {{#STAFF}}<a href="/checkin"><span class="icon icon-door" aria-hidden="true"></span><span class="nav-text">{{m_checkin}}</span></a>{{/STAFF}}
        {{#USER}}<a href="/account"><span class="icon icon-ticket" aria-hidden="true"></span><span class="nav-text">{{m_my_tickets}}</span></a>{{/USER}}
        {{#NO_USER}}<a href="/login{{#no_PAGE_login}}{{#no_PAGE_signup}}{{#no_PAGE_forgot}}{{#no_PAGE_reset}}{{#no_PAGE_verify}}?next={{PATH:u}}{{/no_PAGE_verify}}{{/no_PAGE_reset}}{{/no_PAGE_forgot}}{{/no_PAGE_signup}}{{/no_PAGE_login}}"><span class="icon icon-user" aria-hidden="true"></span><span class="nav-text">{{m_sign_in}}</span></a>{{/NO_USER}}
      </nav>
    </div>
  </header>
  <main id="main" tabindex="-1">
{{>BODY}}
  </main>
  <footer class="site-footer">
    <div class="container">
      <p><strong>{{m_site}}</strong> {{m_footer}}</p>
      <nav aria-label="{{m_footer_nav}}">
        <a href="/">{{m_all_cities}}</a>
        <a href="/search">{{m_search}}</a>
        {{#USER}}<a href="/account">{{m_account}}</a>{{/USER}}
        {{#USER}}<a href="/orders">{{m_orders}}</a>{{/USER}}
        {{#NO_USER}}<a href="/signup">{{m_sign_up}}</a>{{/NO_USER}}
        <a href="/terms">{{m_terms}}</a>
        <a href="/privacy">{{m_privacy}}</a>
      </nav>
    </div>
  </footer>
</body>
</html>
