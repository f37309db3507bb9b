{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_docs}}</h1>
  <p class="lead">{{m_docs_lead}}</p>
  <p><a href="/openapi.json">{{m_docs_openapi}}</a></p>
  <nav aria-label="{{m_docs_groups}}">
    <ul>{{#groups}}<li><a href="#{{group}}">{{m_docs_group__group}}</a></li>{{/groups}}</ul>
  </nav>
  {{#groups}}
  <section aria-labelledby="{{group}}">
    <h2 id="{{group}}">{{m_docs_group__group}}</h2>
    {{#endpoints}}
    <article class="panel">
      <h3><code>{{method}} {{path}}</code></h3>
      <p>{{description}}</p>
      <p class="small muted">{{#role}}{{m_docs_role__role}}{{/role}}{{#no_role}}{{m_docs_public}}{{/no_role}} · {{m_docs_status}}</p>
      {{#fields}}
      <p><code>{{name}}</code> <span class="small muted">{{m_docs_place__place}}, {{m_docs_type__type}}{{#is_list}} {{m_docs_list}}{{/is_list}}{{#is_required}}, {{m_docs_required}}{{/is_required}}</span></p>
      {{/fields}}
    </article>
    {{/endpoints}}
  </section>
  {{/groups}}
  <section aria-labelledby="errors">
    <h2 id="errors">{{m_docs_errors}}</h2>
    <dl>{{#errors}}<dt><a href="/problems/{{code}}"><code>{{status}} {{code}}</code></a></dt><dd>{{title}}</dd>{{/errors}}</dl>
  </section>
</div>
