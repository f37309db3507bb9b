{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_admin_reports}}</h1>
  {{>_admin_nav}}
  <nav class="report-list" aria-label="{{m_admin_reports}}">
    {{#reports}}<a class="chip" href="/admin/reports?name={{report:u}}"{{#is_chosen}} aria-current="page"{{/is_chosen}}><code>{{report}}</code></a>{{/reports}}
  </nav>
  {{#no_name}}<p class="empty">{{m_admin_reports_hint}}</p>{{/no_name}}
  {{#name}}
  <h2><code>{{name}}</code></h2>
  <p><a href="/api/v1/admin/export/{{name}}?format=csv">CSV</a> · <a href="/api/v1/admin/export/{{name}}?format=json">JSON</a></p>
  {{#no_has_rows}}<p class="empty">{{m_admin_report_empty}}</p>{{/no_has_rows}}
  {{#is_cut}}<p class="muted">{{m_admin_report_cut}}</p>{{/is_cut}}
  {{#has_rows}}
  <section class="table-responsive" tabindex="0" aria-label="{{name}}">
    <table class="table table-office">
      <thead><tr>{{#columns}}<th scope="col"><code>{{columns}}</code></th>{{/columns}}</tr></thead>
      <tbody>
        {{#rows}}
        <tr>{{#cells}}<td>{{cells}}</td>{{/cells}}</tr>
        {{/rows}}
      </tbody>
    </table>
  </section>
  {{/has_rows}}
  {{/name}}
</div>
