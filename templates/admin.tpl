{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_admin_today}}</h1>
  {{>_admin_nav}}
  <section aria-labelledby="attention">
    <h2 id="attention">{{m_admin_attention}}</h2>
    {{#no_attention}}<p class="muted">{{m_admin_nothing}}</p>{{/no_attention}}
    {{#attention}}<p class="alert-box">{{m_admin_matter__matter}}</p>{{/attention}}
  </section>
  <h2 id="today">{{m_admin_shows}}</h2>
  {{#no_shows}}<p class="empty">{{m_no_shows_today}}</p>{{/no_shows}}
  {{#has_shows}}
  <section class="table-responsive" tabindex="0" aria-labelledby="today">
    <table class="table table-office">
      <thead><tr><th scope="col">{{m_admin_start}}</th><th scope="col">{{m_admin_show}}</th><th scope="col">{{m_admin_hall}}</th><th scope="col" class="text-end">{{m_admin_sold}}</th><th scope="col" class="text-end">{{m_admin_held}}</th><th scope="col" class="text-end">{{m_admin_checked_in}}</th></tr></thead>
      <tbody>
        {{#shows}}
        <tr>
          <td><time datetime="{{starts_at_iso}}">{{starts_at}}</time></td>
          <td><a href="/admin/orders?show_id={{show_id:u}}">{{title}}</a></td>
          <td>{{venue_name}}, {{hall_name}}</td>
          <td class="text-end">{{sold}} / {{total}}</td>
          <td class="text-end">{{held}}</td>
          <td class="text-end">{{checked_in}}</td>
        </tr>
        {{/shows}}
      </tbody>
    </table>
  </section>
  {{/has_shows}}
</div>
