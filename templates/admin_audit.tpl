{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_admin_audit}}</h1>
  {{>_admin_nav}}
  <p class="muted">{{m_admin_audit_hint}}{{#by}} <a href="/admin/audit">{{m_admin_all}}</a>{{/by}}{{#action}} <a href="/admin/audit">{{m_admin_all}}</a>{{/action}}</p>
  {{#no_entries}}<p class="empty">{{m_admin_no_entries}}</p>{{/no_entries}}
  {{#has_entries}}
  <section class="table-responsive" tabindex="0" aria-label="{{m_admin_audit}}">
    <table class="table table-office">
      <thead><tr><th scope="col">{{m_admin_when}}</th><th scope="col">{{m_admin_who}}</th><th scope="col">{{m_admin_action}}</th><th scope="col">{{m_admin_details}}</th></tr></thead>
      <tbody>
        {{#entries}}
        <tr>
          <td><time datetime="{{happened_at_iso}}">{{happened_at}}</time></td>
          <td>{{#user_id}}<a href="/admin/audit?by={{user_id:u}}">{{user_name}}</a>{{/user_id}}</td>
          <td><a href="/admin/audit?action={{action:u}}">{{action}}</a></td>
          <td><code>{{arguments}}</code></td>
        </tr>
        {{/entries}}
      </tbody>
    </table>
  </section>
  {{>_pages}}
  {{/has_entries}}
</div>
