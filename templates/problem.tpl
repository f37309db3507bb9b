{{%AUTOESCAPE context="HTML"}}
<div class="container narrow">
  <h1>{{title}}</h1>
  <p><code>{{code}}</code></p>
  <p class="lead">{{detail}}</p>
  <p class="muted">{{m_problem_status}}</p>
  <p><a href="/docs#errors">{{m_problem_docs}}</a></p>
</div>
