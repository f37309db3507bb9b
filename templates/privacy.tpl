{{%AUTOESCAPE context="HTML"}}
<div class="container legal">
  <h1>{{m_privacy}}</h1>
  <h2>{{m_privacy_account_title}}</h2>
  <p>{{m_privacy_account}}</p>
  <h2>{{m_privacy_orders_title}}</h2>
  <p>{{m_privacy_orders}}</p>
  <h2>{{m_privacy_cards_title}}</h2>
  <p>{{m_privacy_cards}}</p>
  <h2>{{m_privacy_addresses_title}}</h2>
  <p>{{m_privacy_addresses}}</p>
  <h2>{{m_privacy_cookies_title}}</h2>
  <p>{{m_privacy_cookies}}</p>
  <h2>{{m_privacy_mail_title}}</h2>
  <p>{{m_privacy_mail}}</p>
  <h2>{{m_privacy_rights_title}}</h2>
  <p>{{m_privacy_rights}}</p>
</div>
