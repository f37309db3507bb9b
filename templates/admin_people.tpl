{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_admin_people}}</h1>
  {{>_admin_nav}}
  {{#is_saved}}<p class="notice" role="status">{{m_saved}}</p>{{/is_saved}}
  {{#error}}<p class="alert-box" role="alert" id="form-error">{{m_admin_people_refused__error}}</p>{{/error}}
  <form class="search-form" action="/admin/people" role="search" aria-label="{{m_admin_people}}">
    <div class="field field-wide">
      <label for="people-q">{{m_admin_people_q}}</label>
      <input class="form-control" id="people-q" type="search" name="q" value="{{q}}" maxlength="254" autocomplete="off">
    </div>
    <div class="field">
      <label for="role">{{m_admin_role}}</label>
      <select class="form-control select" id="role" name="role">
        <option value="">{{m_admin_any}}</option>
        {{#roles}}<option value="{{this_role}}"{{#is_chosen}} selected{{/is_chosen}}>{{m_role__this_role}}</option>{{/roles}}
      </select>
    </div>
    <button class="btn btn-primary">{{m_search}}</button>
  </form>
  {{#no_has_people}}<p class="empty">{{m_admin_no_people}}</p>{{/no_has_people}}
  <ul class="bookings">
    {{#people}}
    <li class="booking-card">
      <span class="booking-text"><strong>{{user_name}}</strong><span>{{user_email}}</span></span>
      <form class="role-form" method="post" action="/admin/people/{{user_id}}" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <input type="hidden" name="back_q" value="{{q}}">
        <input type="hidden" name="back_role" value="{{role}}">
        <label class="visually-hidden" for="role-{{user_id}}">{{m_admin_role_of}}</label>
        <select class="form-control select" id="role-{{user_id}}" name="new_role">
          {{#own_roles}}<option value="{{this_role}}"{{#is_chosen}} selected{{/is_chosen}}>{{m_role__this_role}}</option>{{/own_roles}}
        </select>
        <button class="btn btn-outline">{{m_save}}</button>
      </form>
    </li>
    {{/people}}
  </ul>
  {{>_pages}}
</div>
