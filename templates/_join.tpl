{{%AUTOESCAPE context="HTML"}}
<section class="panel join" aria-labelledby="join">
  <h2 id="join">{{m_join}}</h2>
  <p class="muted">{{m_join_text}}</p>
  <form method="post" action="/shows/{{show_id}}/waitlist" data-once>
    <input type="hidden" name="csrf" value="{{CSRF}}">
    <div class="join-fields">
      <div class="field">
        <label for="join-quantity">{{m_quantity}}</label>
        <select class="form-control select" id="join-quantity" name="quantity">
          {{#quantities}}<option{{#is_chosen}} selected{{/is_chosen}}>{{quantity}}</option>{{/quantities}}
        </select>
      </div>
      <div class="field">
        <label for="join-tier">{{m_price_class}}</label>
        <select class="form-control select" id="join-tier" name="tier">
          <option value="">{{m_any_tier}}</option>
          {{#tiers}}<option value="{{tier}}"{{#is_chosen}} selected{{/is_chosen}}>{{m_tier__tier}}, {{#price_to}}{{m_price_range}}{{/price_to}}{{#no_price_to}}{{price}}{{/no_price_to}}</option>{{/tiers}}
        </select>
      </div>
    </div>
    <fieldset>
      <legend>{{m_my_turn}}</legend>
      <label class="choice"><input type="radio" name="payment_method" value="" checked> <span><strong>{{m_join_offer}}</strong> <span class="muted">{{m_join_offer_text}}</span></span></label>
      {{#methods}}<label class="choice"><input type="radio" name="payment_method" value="{{payment_method}}"> <span><strong>{{m_join_buy_with}}</strong> <span class="muted">{{m_join_buy_text}}</span></span></label>
      {{/methods}}
      {{#TEST_CARDS}}
      <label class="choice"><input type="radio" name="payment_method" value="pm_card_visa"> <span><strong>{{m_join_buy_visa}}</strong> <span class="muted">{{m_test_card_note}} {{m_join_buy_text}}</span></span></label>
      <label class="choice"><input type="radio" name="payment_method" value="pm_card_chargeDeclined"> <span><strong>{{m_join_buy_declined}}</strong> <span class="muted">{{m_test_card_note}}</span></span></label>
      {{/TEST_CARDS}}
    </fieldset>
    <button class="btn btn-primary btn-lg" data-busy="{{m_joining}}">{{m_join_button}}</button>
  </form>
</section>
