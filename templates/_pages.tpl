{{%AUTOESCAPE context="HTML"}}
{{#pages}}
<nav class="pages" aria-label="{{m_pages}}">
  {{#previous}}<a class="btn btn-outline" rel="prev" href="{{previous}}">{{m_previous_page}}</a>{{/previous}}
  <span>{{m_page_of}}</span>
  {{#next}}<a class="btn btn-outline" rel="next" href="{{next}}">{{m_next_page}}</a>{{/next}}
</nav>
{{/pages}}
