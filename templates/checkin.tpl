{{%AUTOESCAPE context="HTML"}}
{{#is_choosing}}
<div class="container narrow door-choice">
  <h1>{{m_checkin}}</h1>
  <form class="panel" action="/checkin">
    <h2>{{m_which_show}}</h2>
    {{#no_venues}}<p class="muted">{{m_no_shows_today}}</p>{{/no_venues}}
    <div class="field">
      <label for="venue_id">{{m_venue}}</label>
      <select class="form-control select" id="venue_id" name="venue_id">
        {{#venues}}<option value="{{this_venue}}"{{#is_chosen}} selected{{/is_chosen}}>{{venue_name}}, {{city_name}}</option>{{/venues}}
      </select>
    </div>
    <button class="btn btn-outline">{{m_todays_shows}}</button>
    {{#has_venue}}
    <ul class="door-shows">
      {{#shows}}<li><a href="/checkin?show_id={{show_id:u}}"><time datetime="{{starts_at_iso}}">{{starts_at_time}}</time> <span><strong>{{title}}</strong> <span class="muted">{{hall_name}}, {{starts_at_date}}</span></span></a></li>{{/shows}}
    </ul>
    {{#no_shows}}<p class="muted">{{m_no_shows_today}}</p>{{/no_shows}}
    {{/has_venue}}
  </form>
  <form class="panel" action="/checkin">
    <div class="field">
      <label for="show_id">{{m_show_number}}</label>
      <input class="form-control" id="show_id" type="text" name="show_id" inputmode="numeric" pattern="[0-9]{1,18}" required autocomplete="off">
    </div>
    <button class="btn btn-outline">{{m_open_door}}</button>
  </form>
</div>
{{/is_choosing}}
{{#show}}
<div class="container door" data-door>
  <header class="door-head">
    <h1>{{title}}</h1>
    <p class="muted"><time datetime="{{starts_at_iso}}">{{starts_at_day}}, {{starts_at_time}}</time> · {{venue_name}}, {{hall_name}} · <a href="/checkin">{{m_other_show}}</a></p>
  </header>
  <div class="door-main">
    <form class="panel scan-form" method="post" action="/checkin" data-scan>
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <input type="hidden" name="show_id" value="{{show_id}}">
      <input type="hidden" name="attempt" value="{{attempt}}" id="attempt">
      <div class="field scan-gate">
        <label for="gate">{{m_gate}}</label>
        <input class="form-control" id="gate" type="text" name="gate" value="{{gate}}" maxlength="50" required autocomplete="off"{{#no_gate}} autofocus{{/no_gate}}>
      </div>
      <div class="field scan-code">
        <label for="code">{{m_code}}</label>
        <input class="form-control" id="code" type="text" name="code" maxlength="200" required autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="BX1. …"{{#gate}} autofocus{{/gate}}>
      </div>
      <button class="btn btn-primary btn-lg">{{m_check}}</button>
      <button class="btn btn-outline btn-lg" type="button" data-camera hidden aria-pressed="false">{{m_camera}}</button>
    </form>
    <video class="scan-video" data-video hidden muted playsinline aria-hidden="true"></video>
    <div id="result" aria-live="assertive">
      {{#no_result}}<p class="scan-result is-idle">{{m_scan_first}}</p>{{/no_result}}
      {{#result}}
      <div class="scan-result is-{{outcome}}" data-outcome="{{outcome}}">
        <h2><span class="scan-mark" aria-hidden="true"></span>{{m_scan__outcome}}</h2>
        <p class="scan-seat">{{seat}}{{#tier}} <span>{{m_tier__tier}}</span>{{/tier}}</p>
        {{#buyer_name}}<p>{{buyer_name}}</p>{{/buyer_name}}
        {{#warning}}<p><strong>{{m_scan_warning__warning}}</strong></p>{{/warning}}
        {{#used_at}}<p>{{#used_gate}}{{m_used_when}}{{/used_gate}}</p>{{/used_at}}
        {{#other_show}}<p><strong>{{title}}</strong><br>{{starts_at_day}}, {{starts_at_time}}<br>{{venue_name}}, {{hall_name}}</p>{{/other_show}}
        {{#no_is_good}}<p>{{m_scan_text__outcome}}</p>{{/no_is_good}}
      </div>
      {{/result}}
    </div>
    <template data-lost><p class="scan-result is-lost"><strong>{{m_scan_lost}}</strong></p></template>
    <template data-refused><p class="scan-result is-lost"><strong>{{m_camera_refused}}</strong></p></template>
  </div>
  <aside class="door-side">
    <section class="panel" id="counts" aria-labelledby="counts-title">
      <h2 id="counts-title">{{m_admitted}}</h2>
      <p class="door-count"><strong>{{admitted}}</strong> {{m_of_sold}}</p>
      {{#sold}}<progress class="door-bar" value="{{admitted}}" max="{{sold}}" aria-labelledby="counts-title"></progress>{{/sold}}
      {{#has_gates}}<ul class="door-gates">{{#gates}}<li><span>{{gate_name}}</span> <span>{{gate_count}}</span></li>{{/gates}}</ul>{{/has_gates}}
    </section>
    <section class="panel" id="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{{m_recent_scans}}</h2>
      {{#no_scans}}<p class="muted">{{m_no_scans}}</p>{{/no_scans}}
      {{#has_scans}}
      <ul class="door-scans">
        {{#scans}}
        <li class="is-{{outcome}}">
          <p><strong>{{seat}}</strong> <span class="scan-word"><span class="scan-mark" aria-hidden="true"></span>{{m_scan__outcome}}</span></p>
          <p class="muted small"><time datetime="{{scanned_at_iso}}">{{scanned_at_time}}</time>{{#scan_gate}} · {{scan_gate}}{{/scan_gate}} · {{scan_by}}{{#is_offline}} · {{m_offline}}{{/is_offline}}{{#reason}} · {{reason}}{{/reason}}</p>
          {{#is_undoable}}
          <details>
            <summary>{{m_undo}}<span class="visually-hidden"> {{seat}}</span></summary>
            <form method="post" action="/checkin/undo">
              <input type="hidden" name="csrf" value="{{CSRF}}">
              <input type="hidden" name="show_id" value="{{show_id}}">
              <input type="hidden" name="gate" value="{{gate}}">
              <input type="hidden" name="ticket_id" value="{{ticket_id}}">
              <select class="form-control select" name="reason" aria-label="{{m_undo_why}}">
                <option>{{m_undo_mistake}}</option>
                <option>{{m_undo_left}}</option>
                <option>{{m_undo_wrong_person}}</option>
              </select>
              <button class="btn btn-outline">{{m_undo_now}}</button>
            </form>
          </details>
          {{/is_undoable}}
        </li>
        {{/scans}}
      </ul>
      {{/has_scans}}
    </section>
  </aside>
</div>
{{/show}}
