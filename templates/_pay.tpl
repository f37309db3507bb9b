{{%AUTOESCAPE context="HTML"}}
{{#is_free}}
<form class="panel pay" method="post" action="/bookings/{{booking_id}}/payments" data-once>
  <input type="hidden" name="csrf" value="{{CSRF}}">
  <h2>{{m_nothing_to_pay}}</h2>
  <button class="btn btn-primary btn-lg" data-busy="{{m_paying}}">{{m_take_tickets}}</button>
</form>
{{/is_free}}
{{#no_is_free}}
{{#TEST_CARDS}}
<form class="panel pay" method="post" action="/bookings/{{booking_id}}/payments" data-once>
  <input type="hidden" name="csrf" value="{{CSRF}}">
  <fieldset>
    <legend><h2>{{m_pay_by_test_card}}</h2></legend>
    <p class="muted">{{m_test_card_note}}</p>
    <label class="choice"><input type="radio" name="payment_method" value="pm_card_visa" checked> <span><strong>Visa 4242</strong> <span class="muted">{{m_card_works}}</span></span></label>
    <label class="choice"><input type="radio" name="payment_method" value="pm_card_chargeDeclined"> <span><strong>Visa 0002</strong> <span class="muted">{{m_card_declined}}</span></span></label>
    <label class="choice"><input type="radio" name="payment_method" value="pm_card_authenticationRequired"> <span><strong>Visa 3184</strong> <span class="muted">{{m_card_asks}}</span></span></label>
  </fieldset>
  <label class="check"><input type="checkbox" name="save_method" value="true">{{m_save_method}}</label>
  <button class="btn btn-primary btn-lg" data-busy="{{m_paying}}">{{m_pay_amount}}</button>
</form>
{{/TEST_CARDS}}
<form class="panel pay" method="post" action="/bookings/{{booking_id}}/payments" data-once>
  <input type="hidden" name="csrf" value="{{CSRF}}">
  <input type="hidden" name="return_url" value="{{PUBLIC_URL}}/bookings/{{booking_id}}">
  <h2>{{m_pay_at_provider}}</h2>
  <p class="muted">{{m_pay_at_provider_note}}</p>
  <button class="btn btn-outline btn-lg" data-busy="{{m_opening}}">{{m_go_to_provider}}</button>
</form>
{{/no_is_free}}
