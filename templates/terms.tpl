{{%AUTOESCAPE context="HTML"}}
<div class="container legal">
  <h1>{{m_terms}}</h1>
  <h2>{{m_terms_hold_title}}</h2>
  <p>{{m_terms_hold}}</p>
  <h2>{{m_terms_price_title}}</h2>
  <p>{{m_terms_price}}</p>
  <h2>{{m_terms_payment_title}}</h2>
  <p>{{m_terms_payment}}</p>
  <h2>{{m_terms_tickets_title}}</h2>
  <p>{{m_terms_tickets}}</p>
  <h2>{{m_terms_refund_title}}</h2>
  <p>{{m_terms_refund}}</p>
  <h2>{{m_terms_cancelled_title}}</h2>
  <p>{{m_terms_cancelled}}</p>
  <h2>{{m_terms_queue_title}}</h2>
  <p>{{m_terms_queue}}</p>
  <h2>{{m_terms_fair_title}}</h2>
  <p>{{m_terms_fair}}</p>
</div>
