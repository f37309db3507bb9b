{{%AUTOESCAPE context="HTML"}}
<nav class="admin-nav" aria-label="{{m_admin_nav}}">
  <a class="chip" href="/admin"{{#PAGE_admin}} aria-current="page"{{/PAGE_admin}}>{{m_admin_today}}</a>
  <a class="chip" href="/admin/orders"{{#PAGE_admin_orders}} aria-current="page"{{/PAGE_admin_orders}}>{{m_admin_orders}}</a>
  <a class="chip" href="/checkin">{{m_checkin}}</a>
  {{#ADMIN}}<a class="chip" href="/admin/reports"{{#PAGE_admin_reports}} aria-current="page"{{/PAGE_admin_reports}}>{{m_admin_reports}}</a>{{/ADMIN}}
  {{#ADMIN}}<a class="chip" href="/admin/people"{{#PAGE_admin_people}} aria-current="page"{{/PAGE_admin_people}}>{{m_admin_people}}</a>{{/ADMIN}}
  {{#ADMIN}}<a class="chip" href="/admin/audit"{{#PAGE_admin_audit}} aria-current="page"{{/PAGE_admin_audit}}>{{m_admin_audit}}</a>{{/ADMIN}}
</nav>
