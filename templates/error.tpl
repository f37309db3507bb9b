{{%AUTOESCAPE context="HTML"}}
<div class="container narrow error-page">
  <p class="error-number" aria-hidden="true">{{status}}</p>
  <h1>{{m_error_title__code}}</h1>
  <p class="lead">{{m_error__code}}</p>
  {{#field}}<p class="alert-box" role="alert">{{m_form_error__field}}</p>{{/field}}
  {{#incident}}<p class="muted">{{m_incident}}</p>{{/incident}}
  <p>
    {{#field}}<a class="btn btn-outline" href="{{back}}">{{m_go_back}}</a>{{/field}}
    <a class="btn btn-primary" href="/">{{m_see_whats_on}}</a>
  </p>
</div>
