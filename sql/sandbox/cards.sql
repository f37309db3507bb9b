-- The test cards, by Stripe's names for them (https://docs.stripe.com/testing), and what each does.
-- code and decline_code are null for a card that pays; requires_action: the buyer must authenticate first.
-- declines_setup: it cannot be saved either. dispute_reason: its owner takes the money back as soon as it was taken.
-- refund_becomes: what a refund to it turns out to be after a second; it begins as the other.
create or replace view sandbox.cards as
select
    card.token,
    card.brand,
    card.last4,
    card.code,
    card.decline_code,
    card.message,
    card.requires_action,
    card.declines_setup,
    card.dispute_reason,
    card.refund_becomes
from (
    values
        ('pm_card_visa', 'visa', '4242', null::text, null::text, null::text, false, false, null::text, null::text),
        ('pm_card_visa_debit', 'visa', '5556', null, null, null, false, false, null, null),
        ('pm_card_mastercard', 'mastercard', '4444', null, null, null, false, false, null, null),
        ('pm_card_amex', 'amex', '8431', null, null, null, false, false, null, null),
        ('pm_card_unionpay', 'unionpay', '0005', null, null, null, false, false, null, null),
        ('pm_card_createDispute', 'visa', '0259', null, null, null, false, false, 'fraudulent', null),
        ('pm_card_createDisputeProductNotReceived', 'visa', '2685', null, null, null, false, false,
            'product_not_received', null),
        ('pm_card_createDisputeInquiry', 'visa', '5423', null, null, null, false, false, 'inquiry', null),
        ('pm_card_pendingRefund', 'visa', '7726', null, null, null, false, false, null, 'succeeded'),
        ('pm_card_refundFail', 'visa', '5126', null, null, null, false, false, null, 'failed'),
        ('pm_card_authenticationRequired', 'visa', '3155', null, null, null, true, false, null, null),
        ('pm_card_threeDSecure2Required', 'visa', '3220', null, null, null, true, false, null, null),
        ('pm_card_chargeDeclined', 'visa', '0002', 'card_declined', 'generic_decline',
            'Your card was declined.', false, true, null, null),
        ('pm_card_chargeCustomerFail', 'visa', '0341', 'card_declined', 'generic_decline',
            'Your card was declined.', false, false, null, null),
        ('pm_card_chargeDeclinedInsufficientFunds', 'visa', '9995', 'card_declined', 'insufficient_funds',
            'Your card has insufficient funds.', false, true, null, null),
        ('pm_card_visa_chargeDeclinedInsufficientFunds', 'visa', '9995', 'card_declined', 'insufficient_funds',
            'Your card has insufficient funds.', false, true, null, null),
        ('pm_card_visa_chargeDeclinedLostCard', 'visa', '9987', 'card_declined', 'lost_card',
            'Your card was declined.', false, true, null, null),
        ('pm_card_visa_chargeDeclinedStolenCard', 'visa', '9979', 'card_declined', 'stolen_card',
            'Your card was declined.', false, true, null, null),
        ('pm_card_chargeDeclinedExpiredCard', 'visa', '0069', 'expired_card', null,
            'Your card has expired.', false, true, null, null),
        ('pm_card_chargeDeclinedIncorrectCvc', 'visa', '0127', 'incorrect_cvc', null,
            'Your card''s security code is incorrect.', false, true, null, null),
        ('pm_card_chargeDeclinedProcessingError', 'visa', '0119', 'processing_error', null,
            'An error occurred while processing your card. Try again in a little bit.', false, true, null, null)
) as card (token, brand, last4, code, decline_code, message, requires_action, declines_setup, dispute_reason, refund_becomes);
