-- The test cards, by Stripe's names for them (https://docs.stripe.com/testing), and what each does.
-- code and decline_code are null for a card that pays; requires_action: the buyer must authenticate first.
-- declines_setup: it cannot be saved either.
create or replace view sandbox.cards as
select
    card.token,
    card.brand,
    card.last4,
    card.code,
    card.decline_code,
    card.message,
    card.requires_action,
    card.declines_setup
from (
    values
        ('pm_card_visa', 'visa', '4242', null::text, null::text, null::text, false, false),
        ('pm_card_visa_debit', 'visa', '5556', null, null, null, false, false),
        ('pm_card_mastercard', 'mastercard', '4444', null, null, null, false, false),
        ('pm_card_amex', 'amex', '8431', null, null, null, false, false),
        ('pm_card_unionpay', 'unionpay', '0005', null, null, null, false, false),
        ('pm_card_authenticationRequired', 'visa', '3155', null, null, null, true, false),
        ('pm_card_threeDSecure2Required', 'visa', '3220', null, null, null, true, false),
        ('pm_card_chargeDeclined', 'visa', '0002', 'card_declined', 'generic_decline',
            'Your card was declined.', false, true),
        ('pm_card_chargeCustomerFail', 'visa', '0341', 'card_declined', 'generic_decline',
            'Your card was declined.', false, false),
        ('pm_card_chargeDeclinedInsufficientFunds', 'visa', '9995', 'card_declined', 'insufficient_funds',
            'Your card has insufficient funds.', false, true),
        ('pm_card_visa_chargeDeclinedInsufficientFunds', 'visa', '9995', 'card_declined', 'insufficient_funds',
            'Your card has insufficient funds.', false, true),
        ('pm_card_visa_chargeDeclinedLostCard', 'visa', '9987', 'card_declined', 'lost_card',
            'Your card was declined.', false, true),
        ('pm_card_visa_chargeDeclinedStolenCard', 'visa', '9979', 'card_declined', 'stolen_card',
            'Your card was declined.', false, true),
        ('pm_card_chargeDeclinedExpiredCard', 'visa', '0069', 'expired_card', null,
            'Your card has expired.', false, true),
        ('pm_card_chargeDeclinedIncorrectCvc', 'visa', '0127', 'incorrect_cvc', null,
            'Your card''s security code is incorrect.', false, true),
        ('pm_card_chargeDeclinedProcessingError', 'visa', '0119', 'processing_error', null,
            'An error occurred while processing your card. Try again in a little bit.', false, true)
) as card (token, brand, last4, code, decline_code, message, requires_action, declines_setup);
